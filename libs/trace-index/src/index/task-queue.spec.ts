import { describe, expect, it } from '@jest/globals';
import type { ChunkDirectory } from './chunk-directory.js';
import type { ChunkExecutor } from './chunk-executor.js';
import type { ChunkResult, ChunkTask, SelectTask } from './chunk-task.js';
import type { QueryPlan } from './query-plan.js';
import { taskResults } from './task-queue.js';

const CHUNKS = 400;
const WIDTH = 2;
const directory = {
  count: CHUNKS,
  record: (chunk: number) => Uint8Array.of(chunk),
  facts: () => ({ cut: { textOffset: 0 } }),
} as unknown as ChunkDirectory;

/** Answers at once, with so many bytes for each chunk; knows what nobody has taken yet. */
class Executor implements ChunkExecutor {
  readonly width = WIDTH;
  readonly cacheBytes = 0;
  readonly sizes: number[] = [];
  madeBytes = 0;
  queries = 0;

  constructor(private readonly chunkBytes: number) {}

  run<T extends ChunkTask>(_: QueryPlan, task: T): Promise<ChunkResult<T>> {
    this.sizes.push(task.chunks.length);
    const bytes = new Uint8Array(task.chunks.length * this.chunkBytes);
    this.madeBytes += bytes.length;
    const result = { kind: 'select', blocks: [{ bytes, events: task.chunks[0]?.chunk ?? -1 }] };
    return Promise.resolve(result as unknown as ChunkResult<T>);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const results = (executor: ChunkExecutor): ReturnType<typeof taskResults<SelectTask>> =>
  taskResults<SelectTask>({
    plan: {} as QueryPlan,
    directory,
    chunks: Array.from({ length: CHUNKS }, (_, at) => at),
    executor,
    signal: new AbortController().signal,
    taskOf: (chunks) => ({ kind: 'select', chunks }) as unknown as SelectTask,
    bytesOf: ({ blocks }) => blocks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
  });

describe('taskResults', () => {
  it.each([
    { others: 0, tasks: WIDTH * 2, mib: 4 },
    { others: 1, tasks: WIDTH, mib: 2 },
    { others: 99, tasks: 1, mib: 1 },
  ])(
    'holds few bytes for a consumer that takes nothing more, beside $others others',
    async ({ others, tasks, mib }) => {
      const executor = new Executor(512 * 1024);
      executor.queries = others;
      const taking = results(executor);
      for (let taken = 0; taken < 20; taken++) {
        const before = executor.madeBytes;
        const { value } = await taking.next();
        expect(value).toBeDefined();
        // The first time fills the queue; then one result takes the place of one.
        expect(executor.madeBytes - before).toBeLessThanOrEqual(taken === 0 ? tasks << 20 : mib << 20);
      }
      expect(Math.max(...executor.sizes)).toBe(mib * 2);
      await taking.return();
      expect(executor.queries).toBe(others);
    },
  );

  it('asks for many chunks at a time where little comes of them, and for one where a chunk is large', async () => {
    const few = new Executor(0);
    let taken = 0;
    for await (const result of results(few))
      expect(result.blocks[0]?.events).toBe(few.sizes.slice(0, taken++).reduce(sum, 0));
    expect(Math.max(...few.sizes)).toBe(32);
    expect(few.sizes.reduce(sum, 0)).toBe(CHUNKS);
    const large = new Executor(5 << 20);
    const taking = results(large);
    for (let count = 0; count < 10; count++) await taking.next();
    await taking.return();
    expect(large.sizes.slice(WIDTH * 2)).toEqual(large.sizes.slice(WIDTH * 2).map(() => 1));
  });
});

function sum(a: number, b: number): number {
  return a + b;
}
