/**
 * The life of processes: who started whom, what they ran, how they ended.
 *
 * ```
 *   parent ──fork──►┐
 *                   ├── process ───────────────────────────────────────────┤ one event from start to end,
 *                   │  rename   exec /bin/ls          exit_group(2)   exit │ with parent, program and way of ending
 * ```
 *
 * All these events are recorded in the thread that does the thing (a fork in the parent, an exec, rename and exit in
 * the thread itself), so following a thread is enough to see them; the kernel itself follows children.
 */
import type { DecoderContext, EventDecoder, NativeHook, TraceSink } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { describeOptions, parseArguments, TIME_OPTION, type FlagOption } from './arguments.js';
import { BoundedMap } from './bounded-map.js';
import { available, missingEvent, planOf } from './hook-plan.js';
import { lowHalf } from './registers.js';
import { endsByDefault, signalName } from './signal-names.js';

const FORK = 'sched/sched_process_fork';
const EXEC = 'sched/sched_process_exec';
const EXIT = 'sched/sched_process_exit';
const NEW_TASK = 'task/task_newtask';
const RENAME = 'task/task_rename';
const EXIT_GROUP = 'syscalls/sys_enter_exit_group';
const DELIVER = 'signal/signal_deliver';
const GENERATE = 'signal/signal_generate';
const NEEDED = [FORK, EXEC, EXIT];
/** Without them: threads are told from processes by /proc alone, no names, no exit code, no deadly signal. */
const WELCOME = [NEW_TASK, RENAME, EXIT_GROUP, DELIVER];
/** Recorded for everybody: the one who sends the deadly signal is usually not followed. */
const WELCOME_HOST = [GENERATE];

const THREADS: FlagOption = { kind: 'flag', long: 'threads', short: 'T', help: 'threads as well, one event each' };
const OPTIONS = [THREADS, TIME_OPTION];
const MAX_TASKS = 65_536;
const CLONE_THREAD = 0x10000;
const SIG_DFL = 0;
const SIGKILL = 9;
/** `result` of a signal that was neither ignored nor already pending. */
const QUEUED = 0;

/** A process or a thread whose start was seen. */
interface Task {
  readonly sinceNs: number;
  /** Process id of the one that made it. */
  readonly parent: number;
  readonly parentComm: string;
  readonly isThread: boolean;
}

/** What is gathered about a process, by process id, until it ends. */
interface Facts {
  /** Name of the first thread, once that has ended. */
  comm?: string;
  filename?: string;
  execs: number;
  threads: number;
  exitCode?: number;
  /** The last signal that was sent to it and is not yet handled, if it is one that can end a process. */
  sent?: number | undefined;
  /** The signal that ends it. */
  signal?: number;
}

/** Starts, programs, names and ends of the followed processes and of everything they start. */
export const traceExec: NativeHook = {
  name: 'trace_exec',
  description: [
    'Traces the life of processes: fork, exec with the path of the program, rename, exit.',
    ...describeOptions(OPTIONS),
    'A process that started in the session becomes one event from its start to its end, with its parent, its program,',
    'its exit code or the signal that ended it. Other arguments of a program than its path are not recorded.',
  ],

  unavailableBecause: (catalog) => missingEvent(catalog, NEEDED),

  plan(args, catalog) {
    const parsed = parseArguments(args, OPTIONS);
    const events = [...NEEDED, ...available(catalog, WELCOME)];
    const hostEvents = available(catalog, WELCOME_HOST);
    return planOf('trace_exec', events, parsed, { threads: parsed.flag(THREADS) }, hostEvents);
  },

  decoder: (plan, out, context) => new ExecDecoder(plan.options['threads'] === true, out, context),
};

class ExecDecoder implements EventDecoder {
  unpaired = 0;
  readonly #withThreads: boolean;
  readonly #out: TraceSink;
  readonly #context: DecoderContext;
  readonly #tasks = new BoundedMap<number, Task>(MAX_TASKS);
  readonly #facts = new BoundedMap<number, Facts>(MAX_TASKS);
  /** Clone flags of a task between its two birth events, by thread id. */
  readonly #cloneFlags = new BoundedMap<number, number>(1024);
  readonly #handlers: ReadonlyMap<string, (event: RawEvent) => void> = new Map([
    [NEW_TASK, this.#onNewTask.bind(this)],
    [FORK, this.#onFork.bind(this)],
    [EXEC, this.#onExec.bind(this)],
    [RENAME, this.#onRename.bind(this)],
    [EXIT_GROUP, this.#onExitGroup.bind(this)],
    [GENERATE, this.#onGenerate.bind(this)],
    [DELIVER, this.#onDeliver.bind(this)],
    [EXIT, this.#onExit.bind(this)],
  ]);

  constructor(withThreads: boolean, out: TraceSink, context: DecoderContext) {
    this.#withThreads = withThreads;
    this.#out = out;
    this.#context = context;
  }

  onEvent(event: RawEvent): void {
    this.#handlers.get(event.eventName)?.(event);
  }

  finish(atNs: number): void {
    for (const [tid, task] of this.#tasks.entries()) this.#writeTask(tid, task, atNs, '"exit_seen":false');
    this.#tasks.clear();
    const forgotten = this.#tasks.evicted + this.#facts.evicted;
    if (forgotten > 0) this.#out.count('processes forgotten', forgotten);
  }

  #onNewTask(event: RawEvent): void {
    this.#cloneFlags.set(event.int('pid'), event.int('clone_flags'));
  }

  #onFork(event: RawEvent): void {
    const child = event.int('child_pid');
    const parent = this.#context.tgidOf(event.tid);
    const flags = this.#cloneFlags.take(child);
    const isThread = flags === undefined ? this.#context.tgidOf(child) !== child : hasBit(flags, CLONE_THREAD);
    if (this.#tasks.take(child) !== undefined) this.unpaired += 1;
    this.#tasks.set(child, { sinceNs: event.atNs, parent, parentComm: event.text('parent_comm'), isThread });
    if (isThread) this.#factsOf(parent).threads += 1;
    else this.#facts.take(child);
    if (!isThread || this.#withThreads) {
      this.#out.instant(isThread ? 'thread start' : 'fork', 'process', event.tid, event.atNs, `"child":${child}`);
    }
  }

  #onExec(event: RawEvent): void {
    const pid = event.int('pid');
    const old = event.int('old_pid');
    const filename = event.text('filename');
    const facts = this.#factsOf(pid);
    facts.filename = filename;
    facts.execs += 1;
    // Another thread than the first one called exec: it becomes the first, the others are gone.
    if (old !== pid) this.#tasks.take(old);
    this.#out.instant('exec', 'process', event.tid, event.atNs, `"filename":${JSON.stringify(filename)}`);
  }

  #onRename(event: RawEvent): void {
    const [from, to] = [event.text('oldcomm'), event.text('newcomm')];
    // Some names are set to what they are.
    if (from === to) return;
    const args = `"thread":${event.int('pid')},"from":${JSON.stringify(from)},"to":${JSON.stringify(to)}`;
    this.#out.instant('rename', 'process', event.tid, event.atNs, args);
  }

  #onExitGroup(event: RawEvent): void {
    this.#factsOf(this.#context.tgidOf(event.tid)).exitCode ??= lowHalf(event, 'error_code') & 0xff;
  }

  #onGenerate(event: RawEvent): void {
    const [target, signal] = [event.int('pid'), event.int('sig')];
    if (event.int('result') !== QUEUED || !endsByDefault(signal) || !this.#context.isTraced(target)) return;
    this.#factsOf(this.#context.tgidOf(target)).sent = signal;
  }

  /** A signal that ends a process reaches all its threads as SIGKILL, whatever was sent. */
  #onDeliver(event: RawEvent): void {
    const facts = this.#facts.get(this.#context.tgidOf(event.tid));
    const signal = event.int('sig');
    if (event.int('sa_handler') !== SIG_DFL) {
      if (facts?.sent === signal) facts.sent = undefined;
      return;
    }
    // exit_group ends the other threads by a SIGKILL of the kernel's own; the first cause is the one.
    if (!endsByDefault(signal) || facts?.exitCode !== undefined) return;
    const process = facts ?? this.#factsOf(this.#context.tgidOf(event.tid));
    process.signal ??= signal === SIGKILL ? (process.sent ?? SIGKILL) : signal;
  }

  #onExit(event: RawEvent): void {
    const tid = event.tid;
    const pid = this.#context.tgidOf(tid);
    const task = this.#tasks.take(tid);
    const isLast = event.format.find('group_dead') === undefined ? tid === pid : event.int('group_dead') !== 0;
    if (isLast) this.#endOfProcess(event, pid, tid, task);
    else if (task !== undefined) this.#endOfThread(tid, pid, task, event.atNs);
  }

  /** The last thread has ended, which need not be the first one. */
  #endOfProcess(event: RawEvent, pid: number, tid: number, task: Task | undefined): void {
    const process = tid === pid ? task : this.#tasks.take(pid);
    if (tid !== pid && task !== undefined) this.#writeTask(tid, task, event.atNs, '"exit_seen":true');
    const ending = endingOf(this.#facts.get(pid));
    this.#out.instant('exit', 'process', tid, event.atNs, ending);
    if (process !== undefined) this.#writeTask(pid, process, event.atNs, `"exit_seen":true,${ending}`);
    this.#facts.take(pid);
  }

  #endOfThread(tid: number, pid: number, task: Task, atNs: number): void {
    // The first thread of a process may end before the others; the process lives on.
    if (tid === pid) {
      this.#tasks.set(tid, task);
      this.#factsOf(pid).comm = this.#context.commOf(tid);
    } else this.#writeTask(tid, task, atNs, '"exit_seen":true');
  }

  #writeTask(tid: number, task: Task, endNs: number, ending: string): void {
    const lineage = `"parent":${task.parent},"parent_comm":${JSON.stringify(task.parentComm)}`;
    if (task.isThread) {
      if (this.#withThreads) this.#out.complete('thread', 'process', tid, task.sinceNs, endNs, `${lineage},${ending}`);
      return;
    }
    const facts = this.#facts.get(tid);
    const program = facts?.filename === undefined ? '' : `,"filename":${JSON.stringify(facts.filename)}`;
    const numbers = `"execs":${facts?.execs ?? 0},"threads":${1 + (facts?.threads ?? 0)}`;
    const comm = `"comm":${JSON.stringify(facts?.comm ?? this.#context.commOf(tid))}`;
    this.#out.complete(
      'process',
      'process',
      tid,
      task.sinceNs,
      endNs,
      `${lineage},${comm}${program},${numbers},${ending}`,
    );
  }

  #factsOf(pid: number): Facts {
    const known = this.#facts.get(pid);
    if (known !== undefined) return known;
    const facts: Facts = { execs: 0, threads: 0 };
    this.#facts.set(pid, facts);
    return facts;
  }
}

/** How a process ended; `unknown` when neither its exit call nor a deadly signal was seen. */
function endingOf(facts: Facts | undefined): string {
  if (facts?.signal !== undefined) return `"ended_by":"signal","signal":"${signalName(facts.signal)}"`;
  if (facts?.exitCode !== undefined) return `"ended_by":"exit","exit_code":${facts.exitCode}`;
  return '"ended_by":"unknown"';
}

/** Clone flags have more than 32 bits. */
function hasBit(flags: number, bit: number): boolean {
  return Math.floor(flags / bit) % 2 === 1;
}
