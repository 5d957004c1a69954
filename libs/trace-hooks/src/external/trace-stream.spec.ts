import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TraceStream } from './trace-stream.js';

describe('TraceStream', () => {
  let tracefs: string;
  let pipe: string;

  beforeEach(() => {
    tracefs = mkdtempSync(join(tmpdir(), 'tracefs-'));
    mkdirSync(join(tracefs, 'instances/x'), { recursive: true });
    pipe = join(tracefs, 'instances/x/trace_pipe');
    writeFileSync(pipe, '');
  });
  afterEach(() => {
    rmSync(tracefs, { recursive: true });
  });

  const collect = (): { lines: string[]; stream: TraceStream } => {
    const lines: string[] = [];
    return { lines, stream: TraceStream.open(pipe, tracefs, (more) => void lines.push(...more)) };
  };

  it('loses no line, however the writes fall', async () => {
    const { lines, stream } = collect();
    const expected = Array.from({ length: 20_000 }, (_, index) => `line ${index} ${'x'.repeat(index % 97)}`);
    const text = expected.join('\n') + '\n';
    for (let at = 0; at < text.length; at += 70_001) {
      appendFileSync(pipe, text.slice(at, at + 70_001));
      await sleep(1);
    }
    await stream.finish();
    expect(lines).toEqual(expected);
    expect(stream.counts()).toEqual({ lines: 20_000, bytes: text.length, lost: 0, cut: 0 });
  });

  it('waits for a slow sink and still hands everything on', async () => {
    let open = 0;
    let most = 0;
    const lines: string[] = [];
    writeFileSync(pipe, 'a line\n'.repeat(30_000));
    const stream = TraceStream.open(pipe, tracefs, async (more) => {
      open += 1;
      most = Math.max(most, open);
      await sleep(1);
      lines.push(...more);
      open -= 1;
    });
    await stream.finish();
    expect([lines.length, most]).toEqual([30_000, 1]);
  });

  it('counts the lines that the kernel overwrote', async () => {
    writeFileSync(pipe, 'a\nCPU:0 [LOST 123 EVENTS]\nb\n\nCPU:11 [LOST EVENTS]\nc\n');
    const { lines, stream } = collect();
    await stream.finish();
    expect(lines).toEqual(['a', 'b', 'c']);
    expect(stream.counts()).toMatchObject({ lines: 3, lost: 124 });
  });

  it('hands on the beginning of a line without end, and the last line without its newline', async () => {
    writeFileSync(pipe, `a\n${'y'.repeat(100_000)}\nb\nc`);
    const { lines, stream } = collect();
    await stream.finish();
    expect(lines.map((line) => line.length)).toEqual([1, 16_384, 1, 1]);
    expect(stream.counts()).toMatchObject({ lines: 4, cut: 1 });
  });

  it('ends with the reason if its sink fails', async () => {
    writeFileSync(pipe, 'a\n');
    const stream = TraceStream.open(pipe, tracefs, () => {
      throw new Error('disk full');
    });
    await stream.finish();
    expect(stream.problem).toBe('disk full');
  });

  it('reads only regular files below the tracefs path', () => {
    const outside = join(tmpdir(), `outside-${process.pid}`);
    writeFileSync(outside, 'secret');
    symlinkSync(outside, join(tracefs, 'link'));
    const open = (path: string) => () => TraceStream.open(path, tracefs, () => undefined);
    expect(open(outside)).toThrow('not below the tracefs path');
    expect(open(join(tracefs, 'link'))).toThrow('not below the tracefs path');
    expect(open(`${tracefs}/../${tracefs.split('/').at(-1) ?? ''}x`)).toThrow('ENOENT');
    expect(open(`${tracefs}/instances/../../outside-${process.pid}`)).toThrow('not below the tracefs path');
    expect(open(join(tracefs, 'instances'))).toThrow('not a regular file');
    expect(open('trace_pipe')).toThrow('not an absolute path');
    expect(open('/dev/null\0')).toThrow('not an absolute path');
    expect(open(tracefs)).toThrow('not below the tracefs path');
    rmSync(outside);
  });
});
