import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp, createLogger, loadConfig, newToken, tokenFor, type AppDefinition } from '@tracer/service-kit';
import request from 'supertest';
import { app as spanApi } from '../../apps/span-api/src/app.js';
import { app as traceIndexer } from '../../apps/trace-indexer/src/app.js';
import { app as tracerNode } from '../../apps/tracer-node/src/app.js';
import { app as tracerSvc } from '../../apps/tracer-svc/src/app.js';
import { gateway, http } from '../support/gateway.js';

const directory = mkdtempSync(join(tmpdir(), 'security-start-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const alice = tokenFor('alice:admin');
const DIRECTORIES = { TRACE_DIR: directory, TRACER_DATA_DIR: directory };

/** Makes an app without starting it, from variables and flags as they were published. */
async function make(
  definition: unknown,
  env: Record<string, string>,
  argv: string[] = [],
): Promise<NestExpressApplication> {
  const app = definition as AppDefinition<InstanceType<typeof tracerSvc.Config>>;
  const config = loadConfig(app.Config, { env: { ...DIRECTORIES, ...env }, argv });
  return createApp(app, { config, log: createLogger('t', 'silent') });
}

const APPS: [name: string, definition: unknown, argv: string[]][] = [
  ['tracer-svc', tracerSvc, ['-address', ':8080']],
  ['tracer-node', tracerNode, ['-address', ':8080']],
  ['trace-indexer', traceIndexer, ['-b', '0.0.0.0', '-p', '8080']],
  ['span-api', spanApi, ['--address', ':8263']],
];

describe.each(APPS)('%s on an address that others reach', (name, definition, argv) => {
  it('does not start without credentials, and says what to do', async () => {
    await expect(make(definition, {}, argv)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        new RegExp(
          `^${name} does not listen on .*TRACER_TOKENS_FILE.*--new-token.*TRACER_NODE_TOKEN.*TRACER_ALLOW_OPEN=1`,
        ),
      ),
    });
    for (const env of [{ TRACER_ALLOW_OPEN: '0' }, { TRACER_PUBLISHED_ON: '10.0.0.1' }, { TRACER_TOKENS: '' }])
      await expect(make(definition, env as Record<string, string>, argv)).rejects.toThrow('without credentials');
  });

  it.each([
    { TRACER_TOKENS: alice.line },
    { TRACER_ALLOW_OPEN: '1' },
    // As a container: bound to all, published on loopback.
    { TRACER_PUBLISHED_ON: '127.0.0.1' },
  ])('starts with %j', async (env) => {
    const app = await make(definition, env, argv);
    await app.close();
  });

  it('starts with the shared token of the suite, unless it is the gateway, which only sends it', async () => {
    const made = make(definition, { TRACER_NODE_TOKEN: newToken() }, argv);
    if (name === 'tracer-svc') await expect(made).rejects.toThrow('without credentials');
    else await (await made).close();
  });

  it('says what is wrong with credentials', async () => {
    await expect(make(definition, { TRACER_TOKENS: 'nonsense' })).rejects.toThrow(
      'wrong list of tokens in TRACER_TOKENS',
    );
    await expect(make(definition, { TRACER_TLS_CERT: '/c' })).rejects.toThrow('both the certificate and its key');
    await expect(make(definition, { TRACER_TLS_CERT: '/c', TRACER_TLS_KEY: '/k' })).rejects.toThrow(
      'TLS certificate /c: ENOENT',
    );
    await expect(make(definition, { TRACER_TLS_CLIENT_CA: '/ca' })).rejects.toThrow('needs TRACER_TLS_CERT');
    await expect(make(definition, { TRACER_AUDIT_LOG: '/nowhere/audit' })).rejects.toThrow('TRACER_AUDIT_LOG: ENOENT');
  });
});

describe('trace-indexer with tokens', () => {
  it('refuses in the words of its API', async () => {
    const app = await make(traceIndexer, { TRACER_TOKENS: alice.line });
    await app.init();
    const answer = await request(app.getHttpServer()).get('/api/v1/files');
    const allowed = await request(app.getHttpServer())
      .get('/api/v1/files')
      .set('Authorization', `Bearer ${alice.token}`);
    await app.close();
    expect([answer.status, answer.body]).toEqual([401, { error: expect.stringContaining('role "read"') }]);
    expect(allowed.status).toBe(200);
  });
});

describe('what browsers are told', () => {
  it('keeps Swagger UI working under its policy: no script stands in the page', async () => {
    const app = await gateway({});
    const page = await http(app).get('/docs').redirects(1).expect(200);
    const policy = page.headers['content-security-policy'];
    const api = await http(app).get('/v1/nodes');
    await app.close();
    expect(policy).toContain("script-src 'self';");
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    expect(page.text).not.toMatch(/\son\w+=/);
    expect(page.text).toContain('swagger-ui-init.js');
    expect(api.headers).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(api.headers).not.toHaveProperty('strict-transport-security');
    expect(api.headers).not.toHaveProperty('x-powered-by');
  });

  it('lets the gateway answer for the routes that pages of other sites use, by configuration', async () => {
    const ask = async (env: Record<string, string>, path: string): Promise<[number, unknown]> => {
      const app = await gateway(env);
      const answer = await http(app)
        .options(path)
        .set('Origin', 'http://shop')
        .set('Access-Control-Request-Method', 'POST')
        .set('Access-Control-Request-Headers', 'authorization,x-mine');
      await app.close();
      return [answer.status, answer.headers['access-control-allow-origin']];
    };
    const tokens = { TRACER_TOKENS: alice.line };
    expect(await ask(tokens, '/v1/traces')).toEqual([204, '*']);
    expect(await ask(tokens, '/api/tracing/start')).toEqual([200, '*']);
    expect(await ask({ ...tokens, TRACER_ALLOWED_ORIGINS: 'http://shop' }, '/v1/traces')).toEqual([204, 'http://shop']);
    expect(await ask({ ...tokens, TRACER_ALLOWED_ORIGINS: 'http://other' }, '/v1/traces')).toEqual([401, undefined]);
    expect(await ask(tokens, '/v1/trace-session')).toEqual([401, undefined]);
  });
});
