import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp, createLogger, loadConfig } from '@tracer/service-kit';
import request from 'supertest';
import { app as definition } from '../../apps/tracer-svc/src/app.js';
import { TracerSvcConfig } from '../../apps/tracer-svc/src/config.js';

export type Method = 'get' | 'post' | 'put' | 'delete';

/** A gateway that listens on a free port, with a short deadline for nodes. */
export async function gateway(env: Record<string, string>): Promise<NestExpressApplication> {
  const config = loadConfig(TracerSvcConfig, { env: { TRACER_NODE_DEADLINE_MS: '400', ...env } });
  const app = await createApp(definition, { config, log: createLogger('tracer-svc', 'silent') });
  await app.listen(0, '127.0.0.1');
  return app;
}

export const http = (app: NestExpressApplication): ReturnType<typeof request> => request(app.getHttpServer());

export const send = (app: NestExpressApplication, method: Method, path: string): request.Test =>
  http(app)[method](path);
