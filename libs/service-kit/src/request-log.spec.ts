import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createLogger } from './logging.js';
import { requestLog } from './request-log.js';

const SECRET = 'tr_hunter2hunter2hunter2hunter2hunter2';

/** `/ok` is answered with 200, all else with 500. */
function serving(level: string, written: string[]): Server {
  const log = requestLog(createLogger('t', level, { write: (line) => void written.push(line) }));
  return createServer((call, response) => {
    log(call, response, () => {
      response.statusCode = call.url === '/ok' ? 200 : 500;
      response.end();
    });
  });
}

describe('requestLog', () => {
  it('shows requests without what their headers and queries hide', async () => {
    const written: string[] = [];
    const server = serving('trace', written);
    await request(server).get('/ok').set('Authorization', `Bearer ${SECRET}`);
    await request(server).get(`/bad?a=1&token=${SECRET}&b=2`).set('Cookie', SECRET);
    const [ok, bad] = written.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(ok).toMatchObject({ level: 'debug', req: { method: 'GET', url: '/ok' }, res: { statusCode: 200 } });
    expect(bad).toMatchObject({ level: 'warn', msg: 'GET /bad?a=1&token=…&b=2 answered 500' });
    expect(written.join('')).not.toContain('hunter2');
  });

  it('writes nothing about what is fine or a probe, unless told to be thorough', async () => {
    const written: string[] = [];
    const server = serving('info', written);
    for (const path of ['/ok', '/health', '/ready', '/metrics']) await request(server).get(path);
    expect(written).toEqual([]);
  });

  it('counts the failures of a second that has too many', async () => {
    const written: string[] = [];
    const server = serving('info', written);
    server.listen(0);
    await Promise.all(Array.from({ length: 60 }, () => request(server).get('/bad')));
    const counted = (): number =>
      written
        .map((line) => JSON.parse(line) as { msg: string; count?: number })
        .reduce((sum, { msg, count }) => sum + (msg === 'more requests failed' ? (count ?? 0) : 1), 0);
    // A slow machine takes more than a second for them: then there is more than one count.
    while (counted() < 60) await sleep(50);
    expect(counted()).toBe(60);
    expect(written.length).toBeLessThan(60);
    server.close();
  });
});
