import { describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import { giveBack } from '../index/block-memory.js';
import type { LineBlock, SelectTask } from '../index/chunk-task.js';
import { IndexLost } from '../index/index-lost.js';
import type { QueryPlan } from '../index/query-plan.js';
import { BLOCK_BYTES } from '../query/trace-file-reader.js';
import { DecodePool } from './decode-pool.js';
import { failureOf, transferable, type TaskMessage } from './task-messages.js';
import type { Thread, ThreadListener } from './thread.js';

/** A thread that answers when it is told to. */
class FakeThread implements Thread {
  static all: FakeThread[] = [];
  readonly got: TaskMessage[] = [];
  listener: ThreadListener | undefined;
  terminated = false;
  busy = false;

  constructor() {
    FakeThread.all.push(this);
  }

  post(message: unknown): void {
    this.got.push(message as TaskMessage);
    this.busy = true;
  }
  rest(): void {
    this.busy = false;
  }
  listen(listener: ThreadListener): void {
    this.listener = listener;
  }
  terminate(): Promise<void> {
    this.terminated = true;
    return Promise.resolve();
  }

  /** Answers the last task with its own limit as the number of events. */
  answer(): void {
    const task = this.got[this.got.length - 1]?.task as SelectTask;
    this.listener?.onMessage({ result: { kind: 'select', blocks: [], references: [], events: task.limit } });
  }
}

const plan = (id: number): QueryPlan => ({ id }) as QueryPlan;
const task = (limit: number): SelectTask => ({
  ...{ kind: 'select', chunks: [], definitions: new Uint32Array(0), keep: false },
  limit,
});
const never = new AbortController().signal;

function pool(threads: number): DecodePool {
  FakeThread.all = [];
  return new DecodePool({ threads, cacheBytes: 100, start: () => new FakeThread() });
}

const order = (): number[] =>
  FakeThread.all.flatMap(({ got }) =>
    got.map(({ task: { kind, ...rest } }) => (kind === 'select' ? (rest as SelectTask).limit : -1)),
  );

describe('DecodePool', () => {
  it('starts threads as they are needed and hands each the plan of its task once', async () => {
    const decode = pool(2);
    const first = decode.run(plan(1), task(1), never);
    expect(FakeThread.all).toHaveLength(1);
    const second = decode.run(plan(1), task(2), never);
    const third = decode.run(plan(1), task(3), never);
    expect(FakeThread.all.map(({ got }) => got.length)).toEqual([1, 1]);
    FakeThread.all[0]?.answer();
    expect((await first).events).toBe(1);
    expect(FakeThread.all[0]?.got.map((message) => message.plan?.id)).toEqual([1, undefined]);
    for (const thread of FakeThread.all) thread.answer();
    expect([(await second).events, (await third).events]).toEqual([2, 3]);
    expect(FakeThread.all.map(({ busy }) => busy)).toEqual([false, false]);
  });

  it('hands the memory of blocks that were read back with the next task', async () => {
    const decode = pool(1);
    const block = (bytes: number): LineBlock => ({ bytes: new Uint8Array(bytes), events: 1 });
    const first = decode.run(plan(1), task(1), never);
    const blocks = [block(BLOCK_BYTES), block(100), block(BLOCK_BYTES)];
    FakeThread.all[0]?.listener?.onMessage({ result: { kind: 'select', blocks, references: [], events: 3 } });
    await first;
    for (const { bytes } of blocks.slice(1)) giveBack(bytes);
    void decode.run(plan(1), task(2), never);
    expect(FakeThread.all[0]?.got.map(({ memory }) => memory)).toEqual([[], [blocks[2]?.bytes.buffer]]);
  });

  it('lets queries take turns', async () => {
    const decode = pool(1);
    const results = [11, 12, 13].map((limit) => decode.run(plan(1), task(limit), never));
    results.push(decode.run(plan(2), task(21), never));
    for (let i = 0; i < 4; i++) FakeThread.all[0]?.answer();
    await Promise.all(results);
    expect(order()).toEqual([11, 12, 21, 13]);
  });

  it('forgets the waiting tasks of a client that leaves', async () => {
    const decode = pool(1);
    const gone = new AbortController();
    const running = decode.run(plan(1), task(1), gone.signal);
    const waiting = decode.run(plan(1), task(2), gone.signal);
    const other = decode.run(plan(2), task(3), never);
    gone.abort(new Error('gone'));
    await expect(running).rejects.toThrow('gone');
    await expect(waiting).rejects.toThrow('gone');
    await expect(decode.run(plan(1), task(4), gone.signal)).rejects.toThrow('gone');
    FakeThread.all[0]?.answer();
    FakeThread.all[0]?.answer();
    expect((await other).events).toBe(3);
    expect(order()).toEqual([1, 3]);
  });

  it('hands failures on', async () => {
    const decode = pool(1);
    const failed = decode.run(plan(1), task(1), never);
    FakeThread.all[0]?.listener?.onMessage({ failure: { code: 'STORAGE_FAILED', message: 'a checksum' } });
    await expect(failed).rejects.toEqual(new TracerError('STORAGE_FAILED', 'a checksum'));
    const lost = decode.run(plan(1), task(1), never);
    const failure = failureOf(new IndexLost('damaged', 'the index is damaged'));
    FakeThread.all[0]?.listener?.onMessage({ failure });
    await expect(lost).rejects.toBeInstanceOf(IndexLost);
    await expect(lost).rejects.toMatchObject({ code: 'STORAGE_FAILED', loss: 'damaged' });
  });

  it('replaces a thread that dies, failing only what it worked on', async () => {
    const decode = pool(1);
    const lost = decode.run(plan(1), task(1), never);
    const next = decode.run(plan(1), task(2), never);
    FakeThread.all[0]?.listener?.onEnd('out of memory');
    FakeThread.all[0]?.listener?.onEnd('it ended with code 1');
    await expect(lost).rejects.toThrow('a decoding thread has died: out of memory');
    expect(FakeThread.all).toHaveLength(2);
    FakeThread.all[1]?.answer();
    expect((await next).events).toBe(2);
  });

  it('ends everything when it is closed', async () => {
    const decode = pool(1);
    const tasks = [decode.run(plan(1), task(1), never), decode.run(plan(1), task(2), never)];
    await decode.close();
    for (const result of tasks) await expect(result).rejects.toThrow('stopping');
    await expect(decode.run(plan(1), task(3), never)).rejects.toThrow('stopping');
    expect(FakeThread.all.map(({ terminated }) => terminated)).toEqual([true]);
  });
});

describe('transferable', () => {
  it('names each piece of memory once', () => {
    const shared = new Uint8Array(8);
    const blocks = [shared, shared.subarray(2), new Uint8Array(1)].map((bytes) => ({ bytes, events: 0 }));
    expect(transferable({ kind: 'select', blocks, events: 0, references: [] })).toHaveLength(2);
    const [classes, lanes] = [new Uint32Array(1), new Uint32Array(1)];
    const [ts, dur, transfers] = [new Float64Array(1), new Float64Array(1), new Float64Array(1)];
    const batches = [{ count: 1, classes, lanes, ts, dur, transfers }];
    expect(transferable({ kind: 'columns', batches })).toHaveLength(5);
  });
});
