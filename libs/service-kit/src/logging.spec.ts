import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logging.js';

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
});
