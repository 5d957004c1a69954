import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import request from 'supertest';
import { createLogger, requestLog } from './logging.js';

const SECRET = 'tr_hunter2hunter2hunter2hunter2hunter2';

function lines(act: (log: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  act(createLogger('t', 'trace', { write: (line) => void (text += line) }));
  return text;
}

describe('the log', () => {
  it.each([
    { authorization: `Bearer ${SECRET}` },
    { headers: { authorization: `Bearer ${SECRET}`, cookie: SECRET } },
    { req: { headers: { authorization: SECRET } } },
    { config: { token: SECRET, nodeToken: SECRET, tokens: SECRET } },
    { database: { password: SECRET }, databaseUrl: `postgres://u:${SECRET}@h/d` },
  ])('never has the secret of %j', (facts) => {
    const text = lines((log) => {
      log.info(facts, 'facts');
    });
    expect(text).toContain('"msg":"facts"');
    expect(text).not.toContain('hunter2');
  });

  it('shows requests without what their headers and queries hide', async () => {
    let text = '';
    const log = requestLog(createLogger('t', 'trace', { write: (line) => void (text += line) }));
    const server = createServer((call, response) => {
      log(call, response);
      response.statusCode = call.url === '/ok' ? 200 : 500;
      response.end();
    });
    await request(server).get('/ok').set('Authorization', `Bearer ${SECRET}`);
    await request(server).get(`/bad?a=1&token=${SECRET}&b=2`).set('Cookie', SECRET);
    expect(text).toContain('GET /bad?a=1&token=…&b=2 answered 500');
    expect(text).not.toContain('hunter2');
  });
});
