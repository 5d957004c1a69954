import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseTraceLine } from './trace-line.js';

describe('parseTraceLine', () => {
  it('reads an event', () => {
    const line = '     kworker/1:1-41      [001] d..2.  1041.239915: sched_switch: prev_comm=a b ==> next_comm=c: d';
    expect(parseTraceLine(line)).toEqual({
      comm: 'kworker/1:1',
      tid: 41,
      tgid: undefined,
      cpu: 1,
      clockUs: 1_041_239_915,
      event: 'sched_switch',
      detail: 'prev_comm=a b ==> next_comm=c: d',
    });
  });

  it('reads both ends of a system call', () => {
    const head = '              dd-6224    ( 6200) [001] .....  12.000001: ';
    expect(parseTraceLine(`${head}sys_openat(dfd: 0xffffff9c, mode: 0)`)).toMatchObject({
      tgid: 6200,
      event: 'sys_openat',
      detail: '(dfd: 0xffffff9c, mode: 0)',
      clockUs: 12_000_001,
    });
    expect(parseTraceLine(`${head}sys_openat -> 0x3`)).toMatchObject({ event: 'sys_openat', detail: '-> 0x3' });
  });

  it('bears names that look like the rest of the line', () => {
    const line = '    a-1 [0] x: y-77      (-----) [127] dNh4.      7.000000: tracing_mark_write: hello';
    expect(parseTraceLine(line)).toMatchObject({
      comm: 'a-1 [0] x: y',
      tid: 77,
      tgid: undefined,
      cpu: 127,
      event: 'tracing_mark_write',
    });
  });

  it('has no time for clocks that only count', () => {
    expect(parseTraceLine('  a-1   [000] .....  123456789: sys_read(fd: 3)')).toMatchObject({
      clockUs: undefined,
      tid: 1,
    });
  });

  it.each(['', '# tracer: nop', ' => do_syscall_64', 'CPU:0 [LOST 12 EVENTS]', 'x-1 [a] . 1.0: b: c'])(
    '%j is no event',
    (line) => {
      expect(parseTraceLine(line)).toBeUndefined();
    },
  );

  it('answers at once whatever the line', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void parseTraceLine(line)));
    const startedAt = performance.now();
    parseTraceLine('a-1 '.repeat(4096));
    parseTraceLine(`a-1 [0] . 1.000000: ${'b'.repeat(16_000)}`);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});
