import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { Body, Controller, Get, Inject, Module, Post, Req, type OnModuleInit } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiProperty } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { TRACER_ERROR_CODES, TracerError } from '@tracer/base';
import { IsInt } from 'class-validator';
import type { Request } from 'express';
import { pino } from 'pino';
import request from 'supertest';
import type { AppDefinition } from './app-definition.js';
import { createApp } from './create-app.js';
import { Readiness } from './health.js';
import { HTTP_STATUS_OF } from './http-status.js';
import { ListenConfig } from './listen-config.js';
import { loadConfig } from './load-config.js';
import { createLogger } from './logging.js';
import { readBody } from './request-body.js';
import { VERSION } from './version.js';

class Numbers {
  @ApiProperty() @IsInt() count!: number;
}

@Controller()
class DemoController implements OnModuleInit {
  database = 'connecting';
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  onModuleInit(): void {
    this.readiness.add({
      name: 'database',
      problem: () => Promise.resolve(this.database === 'up' ? undefined : this.database),
    });
  }

  @Post('numbers')
  @ApiCreatedResponse({ type: Numbers })
  numbers(@Body() numbers: Numbers): Numbers {
    return numbers;
  }

  @Get('fail')
  @ApiOkResponse({ type: String })
  fail(): string {
    throw new TracerError('SESSION_NOT_FOUND', 'no session with id 7');
  }

  @Get('old/fail')
  @ApiOkResponse({ type: String })
  oldFail(): string {
    return this.fail();
  }

  @Get('break')
  @ApiOkResponse({ type: String })
  break(): string {
    throw new Error('password=hunter2');
  }

  @Post('raw/length')
  @ApiCreatedResponse({ type: Number })
  async rawLength(@Req() raw: Request): Promise<number> {
    return (await readBody(raw, 10)).length;
  }
}

@Module({ controllers: [DemoController] })
class DemoModule {}

class DemoConfig extends ListenConfig {
  address = '127.0.0.1:0';
}

const demo: AppDefinition<DemoConfig> = {
  name: 'demo',
  title: 'demo',
  description: 'for this test',
  Config: DemoConfig,
  module: () => DemoModule,
  rawBodyPrefixes: ['/raw'],
  errorBodies: [{ prefix: '/old', contentType: 'text/plain', body: ({ message }) => `old: ${message}` }],
};

let app: NestExpressApplication;
beforeAll(async () => {
  app = await createApp(demo, { config: loadConfig(DemoConfig, { env: {} }), log: createLogger('demo', 'silent') });
  await app.init();
});
afterAll(() => app.close());

const http = (): ReturnType<typeof request> => request(app.getHttpServer());

describe('errors', () => {
  it('answers an engine failure with its status, code, message and request id', async () => {
    const answer = await http().get('/fail').set('X-Request-Id', 'mine-1').expect(404);
    expect(answer.body).toEqual({ code: 'SESSION_NOT_FOUND', message: 'no session with id 7', requestId: 'mine-1' });
    expect(answer.headers['x-request-id']).toBe('mine-1');
  });

  it('replaces a request id that is not a plain token', async () => {
    const answer = await http().get('/fail').set('X-Request-Id', 'a b"c');
    expect((answer.body as { requestId: string }).requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('uses the error body of the API a path belongs to', async () => {
    const answer = await http().get('/old/fail').expect(404);
    expect([answer.type, answer.text]).toEqual(['text/plain', 'old: no session with id 7']);
  });

  it('never shows what an unexpected error said', async () => {
    const answer = await http().get('/break').expect(500);
    expect(answer.text).not.toContain('hunter2');
    expect(answer.body).toMatchObject({ code: 'INTERNAL' });
  });

  it('names the wrong fields of a body', async () => {
    const answer = await http().post('/numbers').send({ count: 'x', other: 1 }).expect(400);
    expect(answer.body).toMatchObject({
      code: 'VALIDATION',
      message: 'property other should not exist; count must be an integer number',
    });
  });

  it('refuses malformed JSON and bodies over 1 MiB', async () => {
    await http().post('/numbers').set('Content-Type', 'text/plain').send('{"count":').expect(400);
    const big = JSON.stringify({ count: 1, pad: 'x'.repeat(1 << 20) });
    const answer = await http().post('/numbers').set('Content-Type', 'application/json').send(big).expect(413);
    expect(answer.body).toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('leaves bodies below a raw prefix to the handler, which bounds them', async () => {
    await http().post('/raw/length').send('0123456789').expect(201, '10');
    await http().post('/raw/length').send('0123456789a').expect(413);
  });

  it('takes a client that leaves in the middle of its body for no defect', async () => {
    const half = new PassThrough();
    half.write('01234');
    setImmediate(() => half.destroy(new Error('aborted')));
    const read = readBody(Object.assign(half, { headers: {} }) as unknown as IncomingMessage);
    await expect(read).rejects.toMatchObject({ code: 'BODY_MALFORMED', message: 'body ended after 5 bytes: aborted' });
  });

  it('answers an unknown route in the same shape', async () => {
    const answer = await http().get('/nowhere').expect(404);
    expect(answer.body).toMatchObject({ code: 'NOT_FOUND', message: 'Cannot GET /nowhere' });
  });
});

describe('operations', () => {
  it('is ready when every check is, and says what is missing', async () => {
    const demoController = app.get(DemoController);
    demoController.database = 'connection refused';
    const missing = await http().get('/ready').expect(503);
    expect(missing.body).toEqual({
      ready: false,
      checks: [{ name: 'database', ok: false, detail: 'connection refused' }],
    });
    demoController.database = 'up';
    await http()
      .get('/ready')
      .expect(200, { ready: true, checks: [{ name: 'database', ok: true }] });
  });

  it('serves health, metrics by route pattern, and its own OpenAPI document', async () => {
    expect((await http().get('/health').expect(200)).body).toMatchObject({ status: 'ok', service: 'demo' });
    const metrics = await http().get('/metrics').expect(200);
    const counted = metrics.text.split('\n').filter((line) => /request_seconds_count.*route="\/fail"/.test(line));
    expect(counted).toEqual([expect.stringMatching(/method="GET".*status="4xx".* \d+$/)]);
    const { body } = await http().get('/docs-json').expect(200);
    expect((body as { components: { schemas: object } }).components.schemas).toHaveProperty('Numbers.properties.count');
    await http()
      .get('/docs')
      .expect(200, /swagger-ui/);
  });

  it('has the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(VERSION).toBe(version);
  });
});

describe('the log of requests', () => {
  it('says in one line which request failed, without a stack of its own', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
    const logged = await createApp(demo, { config: loadConfig(DemoConfig, { env: {} }), log });
    await logged.init();
    await request(logged.getHttpServer()).get('/ready');
    await request(logged.getHttpServer()).get('/break?x=1').expect(500);
    await logged.close();
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ msg }) => msg)).toEqual(['request failed', 'GET /break?x=1 answered 500']);
    expect(records[1]).not.toHaveProperty('err');
  });
});

describe('the table of error codes', () => {
  it('is the one that docs/errors.md documents, with the same statuses', () => {
    const documented = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)];
    const inCode = TRACER_ERROR_CODES.map((code) => [code, String(HTTP_STATUS_OF[code])]);
    expect(documented.map(([, code, status]) => [code, status])).toEqual(inCode);
  });
});
