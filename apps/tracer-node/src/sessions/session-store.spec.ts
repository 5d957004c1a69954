import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '@tracer/base';
import { NO_COUNTS, type SessionRecord } from './session.js';
import { SessionStore } from './session-store.js';

const record = (id: string, state: SessionRecord['state'] = 'pending'): SessionRecord => ({
  definition: {
    id,
    context: 'mine',
    hookGroup: 'native',
    hook: 'trace_syscalls',
    params: ['-s', 'read'],
    podPattern: 'shop-*',
    containers: [{ key: 'shop-1', pod: 'shop-1', container: 'web' }],
    limits: { timeMs: 0, events: 0, bytes: 1 },
    createdAtUs: 1,
  },
  state,
  run: { counts: NO_COUNTS },
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'session-store-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});
const open = (): SessionStore => new SessionStore(directory, silent);

describe('SessionStore', () => {
  it('gives back what was saved last, in a later process', async () => {
    const store = open();
    await store.save(record('7'));
    await store.save(record('18446744073709551615'));
    await store.save(record('7', 'failed'));
    expect(open().load()).toEqual(expect.arrayContaining([record('18446744073709551615'), record('7', 'failed')]));
    await store.remove('7');
    expect(open().load()).toEqual([record('18446744073709551615')]);
    await expect(store.remove('7')).resolves.toBeUndefined();
  });

  it('ends with the newest record when many are saved at once', async () => {
    const store = open();
    const states = ['pending', 'running', 'finished', 'failed', 'interrupted'] as const;
    await Promise.all(states.map((state) => store.save(record('7', state))));
    expect(open().load()).toEqual([record('7', 'interrupted')]);
    await Promise.all([store.save(record('7', 'running')), store.remove('7')]);
    expect(open().load()).toEqual([]);
    await Promise.all([store.remove('7'), store.save(record('7'))]);
    expect(open().load()).toEqual([record('7')]);
  });

  it('leaves no half written file where a session is looked for', async () => {
    await open().save(record('7'));
    writeFileSync(join(directory, '7.json.new'), '{"version":1,"defin');
    expect(open().load()).toEqual([record('7')]);
    expect(readdirSync(directory)).toEqual(['7.json']);
  });

  it.each(['{"version":1,"defin', '{}', '{"version":2}', 'null', '{"version":1,"definition":{"id":"8"}}'])(
    'sets a file aside that holds %s, and reads the others',
    async (text) => {
      await open().save(record('7'));
      writeFileSync(join(directory, '8.json'), text);
      expect(open().load()).toEqual([record('7')]);
      expect(readFileSync(join(directory, '8.json.bad'), 'utf8')).toBe(text);
    },
  );

  it('says which directory cannot be used, and why', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(() => new SessionStore(join(file, 'sessions'), silent).load()).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILED', message: expect.stringContaining(join(file, 'sessions')) }),
    );
    await expect(new SessionStore(join(directory, 'gone'), silent).save(record('7'))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringMatching(/^session 7 could not be saved: ENOENT/),
    });
  });

  it('goes on after a write that failed', async () => {
    const store = open();
    rmSync(directory, { recursive: true });
    await expect(store.save(record('7'))).rejects.toThrow('could not be saved');
    store.load();
    await store.save(record('7'));
    expect(open().load()).toEqual([record('7')]);
  });
});
