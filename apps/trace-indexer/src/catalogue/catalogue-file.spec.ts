import { describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import type { TraceFileReader } from '@tracer/trace-index';
import { CatalogueFile, type OpenedReader, type ReaderSource } from './catalogue-file.js';
import type { ListedFile } from './trace-directory.js';

const listed = (sizeBytes: number, modifiedNs = BigInt(sizeBytes), inode = 1n): ListedFile => ({
  ...{ path: 'a.pfw', realPath: '/a.pfw', sizeBytes, modifiedNs, inode },
});

/** Opens when it is told to. */
class Source implements ReaderSource {
  readonly hurried: string[] = [];
  readonly opened: ListedFile[] = [];
  closed = 0;
  tookMs = 0;
  #finish: ((error?: Error) => void) | undefined;

  open(file: ListedFile): Promise<OpenedReader> {
    this.opened.push(file);
    const close = (): Promise<void> => {
      this.closed++;
      return Promise.resolve();
    };
    const reader = { facts: { identity: file }, close } as unknown as TraceFileReader;
    return new Promise((resolve, reject) => {
      this.#finish = (error) => {
        if (error) reject(error);
        else resolve({ reader, tookMs: this.tookMs });
      };
    });
  }

  hurry(path: string): void {
    this.hurried.push(path);
  }

  async finish(error?: Error): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#finish?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('CatalogueFile', () => {
  it('is opened once for all who ask, and hurries for those who wait', async () => {
    const source = new Source();
    const file = new CatalogueFile(listed(1), source);
    expect([file.state, file.isDue]).toEqual(['waiting', true]);
    const readers = [file.open(false), file.open(true)];
    expect([file.state, file.isDue]).toEqual(['indexing', false]);
    await source.finish();
    const [first, second] = await Promise.all(readers);
    expect([first === second, source.opened.length, source.hurried]).toEqual([true, 1, ['a.pfw']]);
    expect([file.state, await file.open(true)]).toEqual(['ready', first]);
  });

  it('is opened anew when it changed, and the old reader is closed', async () => {
    const source = new Source();
    const file = new CatalogueFile(listed(5), source);
    void file.open(true);
    await source.finish();
    file.update(listed(3));
    expect([file.state, file.usable]).toEqual(['waiting', undefined]);
    const opening = file.open(true);
    await source.finish();
    expect([(await opening).facts.identity.sizeBytes, source.closed]).toEqual([3, 1]);
    // Looked at again and found the same: nothing to do.
    file.update(listed(3));
    expect([file.state, file.isDue]).toEqual(['ready', false]);
    // Another file of the same size and age under the same name.
    file.update(listed(3, 3n, 2n));
    expect(file.state).toBe('waiting');
  });

  it('that changes while it is opened is opened once more for those who asked after the change', async () => {
    const source = new Source();
    const file = new CatalogueFile(listed(5), source);
    const early = file.open(true);
    file.update(listed(4));
    const late = file.open(true);
    await source.finish();
    await source.finish();
    expect([(await early).facts.identity.sizeBytes, (await late).facts.identity.sizeBytes]).toEqual([5, 4]);
  });

  it('that only grows is served as it was for a while, when reading it takes long', async () => {
    const source = new Source();
    source.tookMs = 60_000;
    const file = new CatalogueFile(listed(5), source);
    void file.open(true);
    await source.finish();
    file.update(listed(50));
    expect([file.state, file.isDue, source.opened.length]).toEqual(['ready', false, 1]);
    expect((await file.open(true)).facts.identity.sizeBytes).toBe(5);
    source.tookMs = 0;
    const quick = new CatalogueFile(listed(5), source);
    void quick.open(true);
    await source.finish();
    quick.update(listed(50));
    const opening = quick.open(true);
    await source.finish();
    expect((await opening).facts.identity.sizeBytes).toBe(50);
  });

  it('is opened anew when its index turned out to be damaged, and counts it', async () => {
    const source = new Source();
    const file = new CatalogueFile(listed(5), source);
    const first = file.open(true);
    await source.finish();
    Object.assign(await first, { indexLoss: 'damaged' });
    // Also when it has grown meanwhile: there is nothing that could serve.
    file.update(listed(6));
    expect([file.state, file.isDue, file.usable, file.damagedIndexes]).toEqual(['waiting', true, undefined, 1]);
    const second = file.open(true);
    await source.finish();
    expect([(await second) === (await first), source.closed]).toEqual([false, 1]);
    expect([file.state, file.damagedIndexes]).toEqual(['ready', 1]);
    Object.assign(await second, { indexLoss: 'gone' });
    expect([file.state, file.damagedIndexes]).toEqual(['waiting', 1]);
  });

  it('tells why it cannot be opened, and does not try again at once', async () => {
    const source = new Source();
    const file = new CatalogueFile(listed(5), source);
    const opening = file.open(true);
    const failed = expect(opening).rejects.toMatchObject({ code: 'STORAGE_FAILED', message: 'no permission' });
    await source.finish(new TracerError('STORAGE_FAILED', 'no permission'));
    await failed;
    expect([file.state, file.problem, file.isDue]).toEqual(['unreadable', 'no permission', false]);
    await expect(file.open(true)).rejects.toMatchObject({ message: 'no permission' });
    file.update(listed(6));
    expect([file.state, file.isDue, source.opened.length]).toEqual(['waiting', true, 1]);
  });
});
