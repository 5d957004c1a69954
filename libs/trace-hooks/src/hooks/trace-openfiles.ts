/**
 * Files that are opened, and what becomes of them.
 *
 * ```
 *   sys_enter_openat ── open ── sys_exit_openat = fd      reads, writes           sys_enter_close(fd)
 *                                └─────────────────────────── file ────────────────────────────┘
 * ```
 *
 * Paths: the kernel records the address of a path, not the path (newer kernels add it: then it is taken from there,
 * `"path_from":"argument"`, relative ones as they were given). Otherwise the link /proc/<pid>/fd/<n> is read when the
 * event is decoded, a few milliseconds after the call (`"path_from":"fd"`, absolute, in the mount namespace of the
 * process). By then a short-lived descriptor may be closed and its number stand for another file. So a path only counts
 * if the descriptor was closed after the link was read; until the events up to that moment have been seen the line is
 * held back. What fails this is `"path_from":"none"` and is counted: better no path than a wrong one.
 *
 * All of these are recorded in the thread that makes the call.
 */
import type { DecoderContext, EventDecoder, HookPlan, NativeHook, TraceSink } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { errnoName } from '../syscalls/errno.js';
import { describeOptions, parseArguments, TIME_OPTION, type FlagOption } from './arguments.js';
import { BoundedMap } from './bounded-map.js';
import { FileTable, type OpenFile } from './file-table.js';
import { available, missingEvent, planOf } from './hook-plan.js';
import { livingTid } from './living-tid.js';
import { CREAT_FLAGS, O_CLOEXEC, openFlags } from './open-flags.js';
import { lowHalf } from './registers.js';

const ENTER = 'syscalls/sys_enter_';
const EXIT = 'syscalls/sys_exit_';
const OPENS = ['open', 'openat', 'openat2', 'creat'];
const READS = ['read', 'pread64', 'readv', 'preadv', 'preadv2'];
const WRITES = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'];
const ENDS = ['close', 'close_range', 'dup2', 'dup3'].map((name) => ENTER + name);
const PROCESS_EXIT = 'sched/sched_process_exit';
const PROCESS_EXEC = 'sched/sched_process_exec';
const CLOSE_RANGE_CLOEXEC = 4;

const BYTES: FlagOption = {
  kind: 'flag',
  long: 'bytes',
  short: 'b',
  help: 'count reads, writes and their bytes per file (records every read and write call)',
};
const FAILED: FlagOption = { kind: 'flag', long: 'failed', short: 'x', help: 'only calls that fail' };
const OPTIONS = [BYTES, FAILED, TIME_OPTION];
const MAX_FILES = 65_536;
const MAX_CALLS = 65_536;
/** Lines that wait for their path to be confirmed; far more than are opened between two drains. */
const MAX_HELD = 16_384;

/** The call a thread is in. */
type Call =
  | {
      readonly kind: 'open';
      readonly atNs: number;
      readonly flags: number | undefined;
      readonly path: string | undefined;
    }
  | { readonly kind: 'read' | 'write'; readonly file: OpenFile };
type ClosedBy = 'close' | 'close_range' | 'dup' | 'exec' | 'exit' | 'not seen';

/** Files opened by the followed threads, with their paths where those can be had. */
export const traceOpenfiles: NativeHook = {
  name: 'trace_openfiles',
  description: [
    'Traces opened files: path, flags, result of the call, and how long the file stayed open.',
    ...describeOptions(OPTIONS),
    'Paths are read from /proc/<pid>/fd shortly after the call. A file that was closed again before that, and a call',
    'that failed, have no path on kernels that do not record it; the result counts them. Files that were open before',
    'the session, inherited or received from another process are not shown.',
  ],

  unavailableBecause: (catalog) =>
    available(catalog, [`${ENTER}openat`, `${ENTER}open`]).length === 0
      ? missingEvent(catalog, [`${ENTER}openat`])
      : missingEvent(catalog, [`${ENTER}close`]),

  plan(args, catalog) {
    const parsed = parseArguments(args, OPTIONS);
    const bytes = parsed.flag(BYTES);
    const calls = bytes ? [...OPENS, ...READS, ...WRITES] : OPENS;
    const pairs = calls
      .map((name) => [ENTER + name, EXIT + name])
      .filter((pair) => missingEvent(catalog, pair) === undefined);
    const events = [...pairs.flat(), ...available(catalog, [...ENDS, PROCESS_EXIT, PROCESS_EXEC])];
    return planOf('trace_openfiles', events, parsed, { bytes, failed: parsed.flag(FAILED) });
  },

  decoder: (plan, out, context) => new OpenfilesDecoder(plan, out, context),
};

class OpenfilesDecoder implements EventDecoder {
  unpaired = 0;
  readonly #out: TraceSink;
  readonly #context: DecoderContext;
  readonly #failedOnly: boolean;
  readonly #withBytes: boolean;
  readonly #steps = new Map<number, (event: RawEvent) => void>();
  readonly #calls = new BoundedMap<number, Call>(MAX_CALLS);
  readonly #files = new FileTable(MAX_FILES);
  /** Opened files whose path is not confirmed yet, oldest first; those before `#heldFrom` are done with. */
  #held: OpenFile[] = [];
  #heldFrom = 0;

  constructor(plan: HookPlan, out: TraceSink, context: DecoderContext) {
    this.#out = out;
    this.#context = context;
    this.#failedOnly = plan.options['failed'] === true;
    this.#withBytes = plan.options['bytes'] === true;
    const steps = this.#stepByEvent();
    for (const name of plan.events) {
      const step = steps.get(name);
      if (step !== undefined) this.#steps.set(context.catalog.format(name).id, step);
    }
  }

  onEvent(event: RawEvent): void {
    if (this.#heldFrom < this.#held.length) this.#confirm(event.atNs);
    this.#steps.get(event.format.id)?.(event);
  }

  finish(atNs: number): void {
    this.#confirm(Infinity);
    for (const file of this.#files.all()) this.#writeFile(file, atNs, '"open":true');
    if (this.#files.evicted > 0) this.#out.count('open files forgotten', this.#files.evicted);
  }

  #stepByEvent(): Map<string, (event: RawEvent) => void> {
    const steps = new Map<string, (event: RawEvent) => void>();
    for (const name of OPENS) {
      steps.set(ENTER + name, this.#enterOpen.bind(this, name === 'creat' ? CREAT_FLAGS : undefined));
      steps.set(EXIT + name, this.#exitOpen.bind(this));
    }
    for (const name of [...READS, ...WRITES]) {
      steps.set(ENTER + name, this.#enterTransfer.bind(this, READS.includes(name) ? 'read' : 'write'));
      steps.set(EXIT + name, this.#exitTransfer.bind(this));
    }
    steps.set(`${ENTER}close`, this.#closeOne.bind(this, 'fd', 'close'));
    steps.set(`${ENTER}close_range`, this.#closeRange.bind(this));
    for (const name of ['dup2', 'dup3']) steps.set(ENTER + name, this.#dup.bind(this));
    steps.set(PROCESS_EXEC, this.#exec.bind(this));
    steps.set(PROCESS_EXIT, this.#exit.bind(this));
    return steps;
  }

  #enterOpen(flags: number | undefined, event: RawEvent): void {
    const given = event.format.find('flags') === undefined ? flags : lowHalf(event, 'flags');
    const text = ['__filename_val', '__pathname_val'].find((field) => event.format.find(field) !== undefined);
    const path = text === undefined ? undefined : event.text(text);
    if (this.#calls.take(event.tid)?.kind === 'open') this.unpaired += 1;
    this.#calls.set(event.tid, { kind: 'open', atNs: event.atNs, flags: given, path });
  }

  #exitOpen(event: RawEvent): void {
    const call = this.#calls.take(event.tid);
    if (call?.kind !== 'open') {
      this.unpaired += 1;
      return;
    }
    const result = event.int('ret');
    if (result < 0) {
      const path =
        call.path === undefined ? '"path_from":"none"' : `"path":${JSON.stringify(call.path)},"path_from":"argument"`;
      const args = `${path}${flagsOf(call.flags)},"ret":${result},"error":"${errnoName(-result)}"`;
      this.#out.complete('open', 'file', event.tid, call.atNs, event.atNs, args);
      if (call.path === undefined) this.#out.count('paths unresolved');
    } else if (!this.#failedOnly) this.#opened(event, call, result);
  }

  #opened(event: RawEvent, call: Extract<Call, { kind: 'open' }>, fd: number): void {
    const pid = this.#context.tgidOf(event.tid);
    const link = call.path === undefined ? this.#context.pathOfFd?.(pid, fd) : undefined;
    const file: OpenFile = {
      pid,
      tid: event.tid,
      fd,
      flags: call.flags,
      enteredNs: call.atNs,
      openedNs: event.atNs,
      path: call.path ?? link,
      pathFrom: call.path !== undefined ? 'argument' : link !== undefined ? 'fd' : 'none',
      // Without a clock nothing can be confirmed before the end: then every close makes the path worthless.
      readAtNs: link === undefined ? 0 : (this.#context.nowNs?.() ?? Infinity),
      isWritten: false,
      reads: 0,
      bytesRead: 0,
      writes: 0,
      bytesWritten: 0,
    };
    const before = this.#files.add(file);
    if (before !== undefined) {
      this.unpaired += 1;
      this.#close(before, event.atNs, 'not seen');
    }
    if (link === undefined) this.#writeOpen(file);
    else this.#hold(file);
  }

  #hold(file: OpenFile): void {
    this.#held.push(file);
    if (this.#held.length - this.#heldFrom <= MAX_HELD) return;
    const oldest = this.#held[this.#heldFrom];
    this.#heldFrom += 1;
    if (oldest === undefined) return;
    distrust(oldest);
    this.#writeOpen(oldest);
  }

  /** All events before `atNs` have been seen: links read until then were those of the files they were read for. */
  #confirm(atNs: number): void {
    for (let file = this.#held[this.#heldFrom]; file !== undefined; file = this.#held[this.#heldFrom]) {
      // At the end nothing more comes: what was not closed by then is confirmed as well.
      if (file.readAtNs >= atNs && atNs !== Infinity) break;
      this.#writeOpen(file);
      this.#heldFrom += 1;
    }
    if (this.#heldFrom < 1024 && this.#heldFrom < this.#held.length) return;
    this.#held = this.#held.slice(this.#heldFrom);
    this.#heldFrom = 0;
  }

  #closeOne(field: string, by: ClosedBy, event: RawEvent): void {
    const file = this.#files.take(this.#context.tgidOf(event.tid), lowHalf(event, field));
    if (file !== undefined) this.#close(file, event.atNs, by);
  }

  #closeRange(event: RawEvent): void {
    if ((lowHalf(event, 'flags') & CLOSE_RANGE_CLOEXEC) !== 0) return;
    const [first, last] = [lowHalf(event, 'fd'), lowHalf(event, 'max_fd')];
    for (const { pid, fd } of this.#files.of(this.#context.tgidOf(event.tid))) {
      const file = fd >= first && fd <= last ? this.#files.take(pid, fd) : undefined;
      if (file !== undefined) this.#close(file, event.atNs, 'close_range');
    }
  }

  /** The target of a dup2 is closed first, if it was open. */
  #dup(event: RawEvent): void {
    if (lowHalf(event, 'oldfd') !== lowHalf(event, 'newfd')) this.#closeOne('newfd', 'dup', event);
  }

  #exec(event: RawEvent): void {
    for (const { pid, fd, flags } of this.#files.of(this.#context.tgidOf(event.tid))) {
      const file = ((flags ?? 0) & O_CLOEXEC) === 0 ? undefined : this.#files.take(pid, fd);
      if (file !== undefined) this.#close(file, event.atNs, 'exec');
    }
  }

  #exit(event: RawEvent): void {
    this.#calls.take(event.tid);
    const pid = this.#context.tgidOf(event.tid);
    const isLast = event.format.find('group_dead') === undefined ? event.tid === pid : event.int('group_dead') !== 0;
    if (!isLast) return;
    for (const { fd } of this.#files.of(pid)) {
      const file = this.#files.take(pid, fd);
      if (file !== undefined) this.#close(file, event.atNs, 'exit');
    }
  }

  #close(file: OpenFile, atNs: number, by: ClosedBy): void {
    // The descriptor was closed before its link was read: what the link said was about something else.
    if (file.pathFrom === 'fd' && atNs <= file.readAtNs) {
      distrust(file);
      this.#writeOpen(file);
    }
    this.#writeFile(file, atNs, `"closed_by":"${by}"`);
  }

  #enterTransfer(kind: 'read' | 'write', event: RawEvent): void {
    const file = this.#files.get(this.#context.tgidOf(event.tid), lowHalf(event, 'fd'));
    if (file !== undefined) this.#calls.set(event.tid, { kind, file });
  }

  #exitTransfer(event: RawEvent): void {
    const call = this.#calls.take(event.tid);
    const bytes = event.int('ret');
    if (call === undefined || call.kind === 'open' || bytes < 0) return;
    const { file } = call;
    if (call.kind === 'read') {
      file.reads += 1;
      file.bytesRead += bytes;
    } else {
      file.writes += 1;
      file.bytesWritten += bytes;
    }
  }

  #writeOpen(file: OpenFile): void {
    if (file.isWritten) return;
    file.isWritten = true;
    this.#out.count(file.path === undefined ? 'paths unresolved' : 'paths resolved');
    this.#out.complete(
      'open',
      'file',
      livingTid(this.#context, file.tid, file.pid),
      file.enteredNs,
      file.openedNs,
      whatOf(file),
    );
  }

  #writeFile(file: OpenFile, endNs: number, ending: string): void {
    const bytes = this.#withBytes
      ? `,"reads":${file.reads},"bytes_read":${file.bytesRead},"writes":${file.writes},"bytes_written":${file.bytesWritten}`
      : '';
    const tid = livingTid(this.#context, file.tid, file.pid);
    this.#out.complete('file', 'file', tid, file.openedNs, endNs, `${whatOf(file)}${bytes},${ending}`);
  }
}

function distrust(file: OpenFile): void {
  file.path = undefined;
  file.pathFrom = 'none';
}

const DELETED = ' (deleted)';

function whatOf(file: OpenFile): string {
  const isDeleted = file.pathFrom === 'fd' && file.path?.endsWith(DELETED) === true;
  const path = isDeleted ? file.path?.slice(0, -DELETED.length) : file.path;
  const text = path === undefined ? '' : `"path":${JSON.stringify(path)},`;
  return `"fd":${file.fd},${text}"path_from":"${file.pathFrom}"${isDeleted ? ',"deleted":true' : ''}${flagsOf(file.flags)}`;
}

function flagsOf(flags: number | undefined): string {
  return flags === undefined ? '' : `,"flags":"${openFlags(flags)}"`;
}
