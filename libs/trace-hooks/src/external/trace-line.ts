/**
 * One line of a text trace stream, as every tracefs prints it:
 *
 * ```
 *    tar-4711    ( 4700) [001] d..2.  1041.175695: sched_switch: prev_comm=bash prev_pid=6220 …
 *    tar-4711    [001] .....  1041.175700: sys_openat(dfd: 0xffffff9c, filename: 0x7f…)
 *    tar-4711    [001] .....  1041.175712: sys_openat -> 0x3
 *    └ name-tid  └ tgid, with record-tgid  └ flags  └ seconds of the trace clock
 * ```
 */
export interface TraceLine {
  /** Name of the thread when the line was printed, not when the event happened: the kernel keeps no older one. */
  readonly comm: string;
  readonly tid: number;
  readonly tgid: number | undefined;
  readonly cpu: number;
  /** Microseconds of the clock of the instance; undefined for clocks that do not count seconds. */
  readonly clockUs: number | undefined;
  /** `sched_switch`, `sys_openat`; a system call is the same event name at its entry and its exit. */
  readonly event: string;
  /** What follows the name. */
  readonly detail: string;
}

const LINE =
  /^\s*(.*)-(\d+)\s+(?:\(\s*(\d+|-+)\)\s+)?\[(\d+)\]\s+\S+\s+(\d+)(?:\.(\d{6}))?:\s+([\w.-]+?)(?:: ?(.*)|(\(.*)| (-> .*))$/su;

/** Undefined for a line that is none of these: a header, a warning of the kernel, the continuation of a stack. */
export function parseTraceLine(line: string): TraceLine | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, comm = '', tid, tgid, cpu, seconds, micros, event = '', plain, call, exit] = match;
  const clockUs = micros === undefined ? undefined : Number(seconds) * 1e6 + Number(micros);
  return {
    comm,
    tid: Number(tid),
    tgid: tgid === undefined || tgid.startsWith('-') ? undefined : Number(tgid),
    cpu: Number(cpu),
    clockUs,
    event,
    detail: plain ?? call ?? exit ?? '',
  };
}
