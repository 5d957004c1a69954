/**
 * Signals from the moment they are sent to the moment the receiver takes them.
 *
 * ```
 *   sender, timer, kernel    signal_generate(pid, sig) ─┐
 *   receiver                                            └── signal ── signal_deliver(sig)   handler, default or end
 * ```
 *
 * A delivery is recorded in the receiver. A signal is sent in the context of somebody else: another process, or the
 * interrupt of a timer, so sending is recorded for the whole machine and kept when receiver or sender is followed.
 */
import type { DecoderContext, EventDecoder, HookPlan, NativeHook, TraceSink } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { shown } from '../forbidden-options.js';
import { describeOptions, invalid, parseArguments, TIME_OPTION, type NamesOption } from './arguments.js';
import { BoundedMap } from './bounded-map.js';
import { available, missingEvent, planOf } from './hook-plan.js';
import { inInterrupt } from './irq-context.js';
import { nearestName } from './name-match.js';
import { endsByDefault, SIGNAL_NAMES, signalName, signalNumber } from './signal-names.js';
import { ThreadNames } from './thread-names.js';

const GENERATE = 'signal/signal_generate';
const DELIVER = 'signal/signal_deliver';
const EXIT = 'sched/sched_process_exit';

const SIGNAL: NamesOption = {
  kind: 'names',
  long: 'signal',
  short: 's',
  placeholder: 'SIGNAL',
  help: 'these signals only (SIGTERM, usr1, 9, SIGRTMIN+1)',
};
const OPTIONS = [SIGNAL, TIME_OPTION];
const MAX_PROCESSES = 16_384;
const MAX_PENDING = 128;
const SIGKILL = 9;
const SIG_DFL = 0;
const SIG_IGN = 1;

/** `result` of signal_generate: what became of a signal when it was sent. */
const RESULTS = ['queued', 'ignored', 'already pending', 'queue overflow', 'details lost'];
const QUEUED = 0;
const DETAILS_LOST = 4;

/** `si_code`: who sent it, in the terms of sigaction(2). */
const CODES: Readonly<Record<number, string>> = {
  [128]: 'SI_KERNEL',
  [0]: 'SI_USER',
  [-1]: 'SI_QUEUE',
  [-2]: 'SI_TIMER',
  [-3]: 'SI_MESGQ',
  [-4]: 'SI_ASYNCIO',
  [-5]: 'SI_SIGIO',
  [-6]: 'SI_TKILL',
};
/** Positive codes mean something else for every signal. */
const CODES_OF: Readonly<Record<number, readonly string[]>> = {
  4: ['ILL_ILLOPC', 'ILL_ILLOPN', 'ILL_ILLADR', 'ILL_ILLTRP', 'ILL_PRVOPC', 'ILL_PRVREG', 'ILL_COPROC', 'ILL_BADSTK'],
  5: ['TRAP_BRKPT', 'TRAP_TRACE', 'TRAP_BRANCH', 'TRAP_HWBKPT'],
  7: ['BUS_ADRALN', 'BUS_ADRERR', 'BUS_OBJERR'],
  8: ['FPE_INTDIV', 'FPE_INTOVF', 'FPE_FLTDIV', 'FPE_FLTOVF', 'FPE_FLTUND', 'FPE_FLTRES', 'FPE_FLTINV', 'FPE_FLTSUB'],
  11: ['SEGV_MAPERR', 'SEGV_ACCERR', 'SEGV_BNDERR', 'SEGV_PKUERR'],
  17: ['CLD_EXITED', 'CLD_KILLED', 'CLD_DUMPED', 'CLD_TRAPPED', 'CLD_STOPPED', 'CLD_CONTINUED'],
};

interface Sent {
  readonly atNs: number;
  readonly signal: number;
  /** The thread it was sent to; for a signal to a whole process any of its threads may take it. */
  readonly tid: number;
  readonly toProcess: boolean;
  /** Members of the JSON `args`. */
  readonly args: string;
}

/** Signals to and from the followed threads: who sent them, and how long until they were taken. */
export const traceSignals: NativeHook = {
  name: 'trace_signals',
  description: [
    'Traces signals: sender, receiver, what they did, and the time from sending to delivery.',
    ...describeOptions(OPTIONS),
    'Signals that a followed thread sends to others are shown as well. Ignored ones are shown where they were sent.',
  ],

  unavailableBecause: (catalog) => missingEvent(catalog, [GENERATE, DELIVER]),

  plan(args, catalog) {
    const parsed = parseArguments(args, OPTIONS);
    const options = { signals: parsed.names(SIGNAL).map(toNumber) };
    return planOf('trace_signals', [DELIVER, ...available(catalog, [EXIT])], parsed, options, [GENERATE]);
  },

  decoder: (plan, out, context) => new SignalDecoder(plan, out, context),
};

function toNumber(name: string): number {
  const number = signalNumber(name);
  if (number !== undefined) return number;
  const nearest = nearestName(name.toUpperCase(), SIGNAL_NAMES);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return invalid(`-s, --signal: ${shown(name)} is no signal${hint}`);
}

class SignalDecoder implements EventDecoder {
  unpaired = 0;
  readonly #out: TraceSink;
  readonly #context: DecoderContext;
  readonly #wanted: ReadonlySet<number>;
  /** By process id, oldest first. */
  readonly #sent = new BoundedMap<number, Sent[]>(MAX_PROCESSES);
  /** Processes that a signal is ending: their other threads get a SIGKILL that nobody sent. */
  readonly #ending = new BoundedMap<number, true>(MAX_PROCESSES);
  readonly #names: ThreadNames;
  #dropped = 0;

  constructor(plan: HookPlan, out: TraceSink, context: DecoderContext) {
    this.#out = out;
    this.#context = context;
    this.#names = new ThreadNames(context);
    this.#wanted = new Set(plan.options['signals'] as readonly number[]);
  }

  onEvent(event: RawEvent): void {
    if (event.eventName === GENERATE) this.#onGenerate(event);
    else if (event.eventName === DELIVER) this.#onDeliver(event);
    else this.#names.ended(event);
  }

  finish(atNs: number): void {
    for (const list of this.#sent.values()) {
      for (const sent of list) this.#write(sent, sent.tid, atNs, ',"delivered":false');
    }
    this.#sent.clear();
    const forgotten = this.#sent.evicted + this.#dropped;
    if (forgotten > 0) this.#out.count('signals forgotten', forgotten);
  }

  #onGenerate(event: RawEvent): void {
    const signal = event.int('sig');
    const target = event.int('pid');
    const toUs = this.#context.isTraced(target);
    const fromUs = !inInterrupt(event) && this.#context.isTraced(event.tid);
    if (!toUs && !fromUs) return;
    const result = event.int('result');
    const args = this.#argsOf(event, signal);
    if (!toUs || (result !== QUEUED && result !== DETAILS_LOST)) {
      if (!this.#wants(signal)) return;
      const comm = JSON.stringify(event.text('comm'));
      const what = `"receiver":${target},"receiver_comm":${comm},"result":"${RESULTS[result] ?? String(result)}"`;
      const name = `${signalName(signal)} sent`;
      this.#out.instant(name, 'signal', fromUs ? event.tid : target, event.atNs, `${args},${what}`);
      return;
    }
    this.#remember({ atNs: event.atNs, signal, tid: target, toProcess: event.int('group') !== 0, args });
  }

  #remember(sent: Sent): void {
    const pid = this.#context.tgidOf(sent.tid);
    // A process that ends is sent nothing any more: this is a new one of that number.
    this.#ending.take(pid);
    const list = this.#sent.get(pid);
    if (list === undefined) this.#sent.set(pid, [sent]);
    else if (list.push(sent) > MAX_PENDING) {
      list.shift();
      this.#dropped += 1;
    }
  }

  #onDeliver(event: RawEvent): void {
    const signal = event.int('sig');
    const { tid } = event;
    const pid = this.#context.tgidOf(tid);
    const handler = event.int('sa_handler');
    const ends = handler === SIG_DFL && endsByDefault(signal);
    const address = handler > SIG_IGN ? `,"handler":"${event.hex('sa_handler')}"` : '';
    const action = `,"action":"${actionOf(handler, ends)}"${address}`;
    // A signal that ends the process reaches its threads as SIGKILL, whatever was sent.
    const sent = this.#take(pid, tid, signal) ?? (signal === SIGKILL ? this.#takeFatal(pid) : undefined);
    if (ends) this.#ending.set(pid, true);
    if (sent === undefined) this.#writeUnsent(event, signal, action);
    else this.#write(sent, tid, event.atNs, `,"delivered":true${action}`);
  }

  /** The threads of a process that ends, by a signal or by exit_group, are told by a SIGKILL that is never sent. */
  #writeUnsent(event: RawEvent, signal: number, action: string): void {
    if (signal !== SIGKILL) this.unpaired += 1;
    if (!this.#wants(signal)) return;
    const cause = signal === SIGKILL ? 'end of the process' : 'not seen';
    this.#out.instant(
      signalName(signal),
      'signal',
      event.tid,
      event.atNs,
      `"number":${signal},"sent":"${cause}"${action}`,
    );
  }

  /** The oldest signal of that number that the thread may have taken. */
  #take(pid: number, tid: number, signal: number): Sent | undefined {
    const list = this.#sent.get(pid);
    const index = list?.findIndex((sent) => sent.signal === signal && (sent.toProcess || sent.tid === tid)) ?? -1;
    return this.#remove(pid, list, index);
  }

  /** Once per process: what is pending after that was not the cause. */
  #takeFatal(pid: number): Sent | undefined {
    if (this.#ending.get(pid) !== undefined) return undefined;
    const list = this.#sent.get(pid);
    return this.#remove(pid, list, list?.findLastIndex((sent) => endsByDefault(sent.signal)) ?? -1);
  }

  #remove(pid: number, list: Sent[] | undefined, index: number): Sent | undefined {
    if (list === undefined || index < 0) return undefined;
    const [sent] = list.splice(index, 1);
    if (list.length === 0) this.#sent.take(pid);
    return sent;
  }

  #argsOf(event: RawEvent, signal: number): string {
    const code = codeName(signal, event.int('code'));
    return `"number":${signal},${this.#senderOf(event)},"code":"${code}"`;
  }

  #senderOf(event: RawEvent): string {
    if (inInterrupt(event)) return '"sent_by":"interrupt"';
    return `"sent_by":"thread","sender":${event.tid}${this.#names.member('sender_comm', event.tid)}`;
  }

  #write(sent: Sent, tid: number, endNs: number, ending: string): void {
    if (!this.#wants(sent.signal)) return;
    const to = `,"to":"${sent.toProcess ? 'process' : 'thread'}"`;
    this.#out.complete(signalName(sent.signal), 'signal', tid, sent.atNs, endNs, sent.args + to + ending);
  }

  #wants(signal: number): boolean {
    return this.#wanted.size === 0 || this.#wanted.has(signal);
  }
}

function actionOf(handler: number, ends: boolean): string {
  if (handler === SIG_IGN) return 'ignore';
  if (handler !== SIG_DFL) return 'handler';
  return ends ? 'end' : 'default';
}

function codeName(signal: number, code: number): string {
  return CODES[code] ?? CODES_OF[signal]?.[code - 1] ?? String(code);
}
