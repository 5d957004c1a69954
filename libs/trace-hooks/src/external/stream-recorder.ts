import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CaptureClock } from '../capture/capture-clock.js';
import { ThreadTable } from '../capture/thread-table.js';
import { BlockPool } from '../output/block-pool.js';
import { PfwWriter } from '../output/pfw-writer.js';
import { TraceOutput } from '../output/trace-output.js';
import type { CallSummary } from '../summary.js';
import { errnoName, MAX_ERRNO } from '../syscalls/errno.js';
import { parseTraceLine, type TraceLine } from './trace-line.js';

export interface RecorderOptions {
  /** `….pfw.gz`; goes on at the end of what an earlier run of the session wrote. */
  readonly file: string;
  /** The host's `/proc`, asked once for the process of each thread. */
  readonly procfsPath: string;
  readonly limits: { readonly events: number; readonly bytes: number };
}

/** A system call that has begun: event, arguments and time, in ns of the recording. */
interface OpenCall {
  readonly name: string;
  readonly args: string;
  readonly atNs: number;
}

/** The largest thread id of Linux. */
const MAX_TID = 1 << 22;
const SEAL_AFTER_MS = 1000;
const TICK_MS = 100;
/** A trace clock within this of the monotonic one is taken for it: what `local` is on most machines. */
const SAME_CLOCK_US = 1_000_000;

/**
 * Turns the text stream of an external hook into the same kind of trace file that built-in hooks write. System calls are
 * paired into events with duration and result where the hook records their ends; other events, and system calls whose
 * end is not recorded, are instants; a line of any other form is kept whole, as `args.line`.
 */
export class StreamRecorder {
  /** Shown the lines of the file as they come. The buffer is the receiver's. */
  onLines: ((lines: Buffer) => void) | undefined;
  readonly #pool = new BlockPool();
  readonly #threads = new ThreadTable(MAX_TID);
  readonly #writer: PfwWriter;
  readonly #out: TraceOutput;
  readonly #open = new Map<number, OpenCall>();
  readonly #options: RecorderOptions;
  readonly #clock = new CaptureClock();
  readonly #tick: NodeJS.Timeout;
  #clockStartUs: number | undefined;
  #closing: Promise<string | undefined> | undefined;

  /** Throws TracerError STORAGE_FAILED when the file cannot be written. */
  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#writer = PfwWriter.open(options.file, this.#pool);
    const { events } = options.limits;
    const limit = events > 0 ? events : Infinity;
    this.#out = new TraceOutput(this.#threads, this.#writer, this.#clock.epochBase(), limit);
    this.#writer.tap = (bytes) => this.onLines?.(Buffer.from(bytes));
    this.#tick = setInterval(() => {
      this.#writer.sealOlderThan(SEAL_AFTER_MS);
    }, TICK_MS);
  }

  /** Takes lines of the stream; settles when there is room for more. */
  async take(lines: readonly string[]): Promise<void> {
    if (this.#closing !== undefined) return;
    for (const line of lines) this.#takeLine(line);
    if (this.onLines !== undefined) this.#writer.showTap();
    while (this.#pool.isFull) await new Promise<void>((resolve) => (this.#pool.onRoom = resolve));
  }

  counts(): { readonly events: number; readonly bytes: number } {
    return { events: this.#out.events, bytes: this.#writer.fileBytes };
  }

  summary(): CallSummary {
    return this.#out.summary.build();
  }

  /** Why recording should end: a limit, or what the disk says (`failed: …`). */
  get exhausted(): string | undefined {
    const { bytes } = this.#options.limits;
    if (this.#writer.failure !== undefined) return `failed: ${this.#writer.failure.message}`;
    if (this.#out.isFull) return 'event limit';
    return bytes > 0 && this.#writer.expectedBytes >= bytes ? 'byte limit' : undefined;
  }

  /** Writes the system calls that have not ended and closes the file. Answers why the file is not complete. */
  close(): Promise<string | undefined> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<string | undefined> {
    clearInterval(this.#tick);
    for (const [tid, call] of this.#open) this.#unfinished(tid, call);
    this.#open.clear();
    await this.#writer.close();
    return this.#writer.failure?.message;
  }

  #takeLine(text: string): void {
    const line = parseTraceLine(text);
    if (line === undefined) {
      this.#out.instant('trace', 'text', 0, this.#clock.nowNs(), `"line":${JSON.stringify(text)}`);
      return;
    }
    const atNs = this.#timeOf(line);
    this.#introduce(line, atNs);
    if (line.event.startsWith('sys_') && line.detail.startsWith('(')) this.#begin(line, atNs);
    else if (line.event.startsWith('sys_') && line.detail.startsWith('->')) this.#end(line, atNs);
    else this.#out.instant(line.event, 'trace', line.tid, atNs, `"detail":${JSON.stringify(line.detail)}`);
  }

  #begin({ tid, event, detail }: TraceLine, atNs: number): void {
    const before = this.#open.get(tid);
    if (before !== undefined) this.#unfinished(tid, before);
    this.#open.set(tid, { name: event.slice('sys_'.length), args: callArguments(detail), atNs });
  }

  #end({ tid, event, detail }: TraceLine, atNs: number): void {
    const name = event.slice('sys_'.length);
    const { args: result, errno } = callResult(detail);
    const call = this.#open.get(tid);
    this.#open.delete(tid);
    if (call?.name === name) {
      const args = call.args === '' ? result : `${result},${call.args}`;
      this.#out.complete(name, 'syscall', tid, call.atNs, Math.max(call.atNs, atNs), args);
      if (errno !== undefined) this.#out.summary.of(name).failed(errno);
    } else {
      if (call !== undefined) this.#unfinished(tid, call);
      this.#out.instant(name, 'syscall', tid, atNs, result);
    }
  }

  #unfinished(tid: number, { name, args, atNs }: OpenCall): void {
    this.#out.summary.of(name).unfinished();
    this.#out.instant(name, 'syscall', tid, atNs, args);
  }

  /** Makes a thread known with its process and name, so that its lines carry them. */
  #introduce({ tid, tgid, comm }: TraceLine, atNs: number): void {
    const slot = this.#threads.slotOf(tid);
    const name = comm === '<...>' ? '' : comm;
    if (slot === 0) this.#threads.add(tid, tgid ?? processOf(this.#options.procfsPath, tid), name, atNs);
    else if (name !== '' && this.#threads.comm(slot) !== name) this.#threads.rename(slot, name);
  }

  /** Time in ns since the recorder was made; the first line with a clock tells how that clock runs against ours. */
  #timeOf({ clockUs }: TraceLine): number {
    const nowNs = this.#clock.nowNs();
    if (clockUs === undefined) return nowNs;
    if (this.#clockStartUs === undefined) {
      const monotonicUs = (Number(this.#clock.baseNs) + nowNs) / 1000;
      const nowOfClockUs = Math.abs(monotonicUs - clockUs) < SAME_CLOCK_US ? monotonicUs : clockUs;
      this.#clockStartUs = nowOfClockUs - nowNs / 1000;
    }
    return Math.round((clockUs - this.#clockStartUs) * 1000);
  }
}

/** `(fd: 3, buf: 0x7f…)` as members of a JSON object, values as text. */
function callArguments(detail: string): string {
  const inner = detail.replace(/^\(|\)$/gu, '');
  if (inner === '') return '';
  const members = inner.split(', ').map((part, index) => {
    const at = part.indexOf(': ');
    const [name, value] = at < 0 ? [`arg${index}`, part] : [part.slice(0, at), part.slice(at + 2)];
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  });
  return members.join(',');
}

/** `-> 0xfffffffffffffffe` as `"ret":-2,"error":"ENOENT"`. */
function callResult(detail: string): { readonly args: string; readonly errno?: number } {
  const text = detail.replace(/^->\s*/u, '').trim();
  if (!/^(?:0x[0-9a-f]{1,16}|-?\d{1,19})$/iu.test(text)) return { args: `"ret":${JSON.stringify(text)}` };
  const value = BigInt.asIntN(64, BigInt(text));
  if (value >= 0n || value < -MAX_ERRNO) {
    return { args: `"ret":${value > Number.MAX_SAFE_INTEGER || value < 0n ? `"${text}"` : String(value)}` };
  }
  const errno = Number(-value);
  return { args: `"ret":${-errno},"error":"${errnoName(errno)}"`, errno };
}

/** The process of a thread; the thread itself if it is gone already. */
function processOf(procfsPath: string, tid: number): number {
  try {
    const status = readFileSync(join(procfsPath, String(tid), 'status'), 'utf8');
    return Number(/^Tgid:\s*(\d+)$/mu.exec(status)?.[1] ?? tid);
  } catch {
    return tid;
  }
}
