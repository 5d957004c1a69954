import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BuildMessage, BuildRequest } from './build-messages.js';
import { IndexBuilders } from './index-builders.js';
import type { Thread, ThreadListener } from './thread.js';

class FakeThread implements Thread {
  static all: FakeThread[] = [];
  got: BuildMessage[] = [];
  listener: ThreadListener | undefined;
  terminated = false;

  constructor() {
    FakeThread.all.push(this);
  }
  post(message: unknown): void {
    this.got.push(message as BuildMessage);
  }
  rest(): void {
    return;
  }
  listen(listener: ThreadListener): void {
    this.listener = listener;
  }
  terminate(): Promise<void> {
    this.terminated = true;
    return Promise.resolve();
  }
}

const directory = mkdtempSync(join(tmpdir(), 'index-builders-'));
const small = join(directory, 'small.pfw.gz');
const large = join(directory, 'large.pfw.gz');
beforeAll(() => {
  writeFileSync(small, 'x');
  writeFileSync(large, Buffer.alloc(5 << 20));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  FakeThread.all = [];
});

const builders = (threads = 2): IndexBuilders => new IndexBuilders({ start: () => new FakeThread(), threads });
const request = (tracePath: string): BuildRequest => ({ tracePath, indexPath: `${tracePath}.idx`, format: 'gzip' });
const never = { signal: new AbortController().signal };
const kinds = (): string[][] => FakeThread.all.map(({ got }) => got.map(({ kind }) => kind));
const say = (thread: number, message: object): void => FakeThread.all[thread]?.listener?.onMessage(message);
/** Until the size of the file has been looked up. */
const started = async (threads: number): Promise<void> => {
  for (let i = 0; i < 200 && FakeThread.all.filter(({ got }) => got.length > 0).length < threads; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

describe('IndexBuilders', () => {
  it('tells how far a build is and what came of it, and uses the thread again', async () => {
    const build = builders();
    const seen: number[] = [];
    const first = build.build(request(small), { ...never, onProgress: (bytes) => seen.push(bytes) });
    await started(1);
    say(0, { progress: 7 });
    say(0, { progress: 9 });
    say(0, { built: { bytes: 123 } });
    expect(await first).toEqual({ bytes: 123 });
    expect(seen).toEqual([7, 9]);
    const second = build.build(request(small), never);
    await started(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    say(0, { unsuitable: 'too many names' });
    expect(await second).toEqual({ unsuitable: 'too many names' });
    expect(kinds()).toEqual([['build', 'build']]);
    await build.close();
    expect(FakeThread.all[0]?.terminated).toBe(true);
  });

  it('has a large file inflated by a second thread, unless something else is built', async () => {
    const build = builders();
    const alone = build.build(request(large), never);
    await started(2);
    expect(kinds()).toEqual([['inflate'], ['build']]);
    const [inflate, scan] = FakeThread.all.map(({ got }) => got[0]);
    expect(inflate?.ring).toBe(scan?.ring);
    const beside = build.build(request(large), never);
    await started(3);
    expect(kinds()[2]).toEqual(['build']);
    say(1, { built: { bytes: 1 } });
    say(0, { inflated: true });
    say(2, { built: { bytes: 2 } });
    expect([await alone, await beside]).toEqual([{ bytes: 1 }, { bytes: 2 }]);
    await build.close();
  });

  it('does not share on a single processor', async () => {
    const build = builders(1);
    const built = build.build(request(large), never);
    await started(1);
    expect(kinds()).toEqual([['build']]);
    say(0, { built: { bytes: 1 } });
    await built;
  });

  it('ends a build that is called off, and what it has written', async () => {
    const build = builders();
    const gone = new AbortController();
    const built = build.build(request(large), { signal: gone.signal });
    await started(2);
    const temporary = `${large}.idx.tmp-${process.pid}-${Math.round(Date.now() / 1000 - process.uptime())}-1-0`;
    writeFileSync(temporary, 'x');
    gone.abort(new Error('not wanted'));
    await expect(built).rejects.toThrow('not wanted');
    expect(FakeThread.all.map(({ terminated }) => terminated)).toEqual([true, true]);
    expect(existsSync(temporary)).toBe(false);
    await expect(build.build(request(small), { signal: gone.signal })).rejects.toThrow('not wanted');
  });

  it('hands on why a build failed, also when its thread died', async () => {
    const build = builders();
    const failed = build.build(request(small), never);
    await started(1);
    say(0, { failure: { code: 'STORAGE_FAILED', message: 'disk full' } });
    await expect(failed).rejects.toMatchObject({ code: 'STORAGE_FAILED', message: 'disk full' });
    const died = build.build(request(small), never);
    await started(2);
    FakeThread.all[1]?.listener?.onEnd('out of memory');
    await expect(died).rejects.toThrow('the indexing thread has died: out of memory');
    const odd = build.build(request(small), never);
    await started(3);
    say(2, { inflated: true });
    await expect(odd).rejects.toThrow('another question');
  });
});
