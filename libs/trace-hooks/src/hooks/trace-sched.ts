/**
 * Where the time of a thread goes. Its life is cut into slices without a gap:
 *
 * ```
 *          switch in            switch out             waking              switch in
 *   ───────────┬────────────────────┬─────────────────────┬────────────────────┬──────
 *   run queue  │       on cpu       │       blocked       │     run queue      │ on cpu
 *   ───────────┴────────────────────┴─────────────────────┴────────────────────┴──────
 *                                   └ state S, D, …       └ who woke it        └ waited for a CPU
 * ```
 *
 * A thread that is preempted goes straight from `on cpu` to `run queue`. The kernel records a switch when either
 * thread of it is followed, and a waking when the woken or the waking thread is, so no side of a slice is missed
 * although most of these events carry the id of another thread. Kernels do leave out a switch now and then, also without
 * any filter (1 % of them were seen missing in a virtual machine): that time is left open and counted.
 */
import type { FieldFormat } from '../event-format.js';
import type { DecoderContext, EventDecoder, HookPlan, NativeHook, TraceSink } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { describeOptions, parseArguments, TIME_OPTION, type NamesOption, type NumberOption } from './arguments.js';
import { BoundedMap } from './bounded-map.js';
import { available, missingEvent, planOf } from './hook-plan.js';
import { inInterrupt } from './irq-context.js';
import { ThreadNames } from './thread-names.js';

const SWITCH = 'sched/sched_switch';
const WAKING = 'sched/sched_waking';
const WAKEUP = 'sched/sched_wakeup';
const WAKEUP_NEW = 'sched/sched_wakeup_new';
const EXIT = 'sched/sched_process_exit';
const KINDS = ['oncpu', 'runqueue', 'blocked'] as const;
type Kind = (typeof KINDS)[number];
const NAME_OF: Readonly<Record<Kind, string>> = { oncpu: 'on cpu', runqueue: 'run queue', blocked: 'blocked' };

const KIND: NamesOption = {
  kind: 'names',
  long: 'kind',
  short: 'k',
  placeholder: 'KIND',
  choices: KINDS,
  help: 'these slices only',
};
const SHORTEST: NumberOption = {
  kind: 'number',
  long: 'shortest',
  short: 'm',
  placeholder: 'US',
  min: 0,
  max: 1_000_000_000,
  help: 'leave out slices shorter than so many microseconds (they are counted)',
};
const OPTIONS = [KIND, SHORTEST, TIME_OPTION];
const MAX_THREADS = 65_536;

/** Task states as `prev_state` carries them since kernel 4.14, with the letters of ps(1). */
const STATES: readonly (readonly [bit: number, letter: string, meaning: string])[] = [
  [0x01, 'S', 'sleeping'],
  [0x02, 'D', 'uninterruptible'],
  [0x04, 'T', 'stopped'],
  [0x08, 't', 'stopped by a debugger'],
  [0x10, 'X', 'dead'],
  [0x20, 'Z', 'zombie'],
  [0x40, 'P', 'parked'],
  [0x80, 'I', 'idle'],
];
const STATE_MASK = 0xff;
/** X and Z: the thread will not run again. */
const ENDED = 0x30;

/** `prev_state` in words; a state of 0, and the preemption bit alone, mean that the thread could go on. */
export function decodeState(state: number): { letter: string; meaning: string } {
  const parts = STATES.filter(([bit]) => (state & bit) !== 0);
  if (parts.length === 0) return { letter: 'R', meaning: 'runnable' };
  return { letter: parts.map(([, letter]) => letter).join('|'), meaning: parts.map((part) => part[2]).join(', ') };
}

interface Slice {
  readonly kind: Kind;
  readonly sinceNs: number;
  /** Members of the JSON `args` that were known when it began. */
  readonly args: string;
}

/** Time of the followed threads on a CPU, waiting for one, and blocked. */
export const traceSched: NativeHook = {
  name: 'trace_sched',
  description: [
    'Traces where threads spend their time: on a CPU, in the run queue (woken or preempted, waiting for a CPU), blocked.',
    ...describeOptions(OPTIONS),
    'Blocked slices tell the state (S sleeping, D uninterruptible, ...) and the thread or interrupt that ended them.',
    'The first slice of a thread begins with its first switch, waking or start in the session.',
  ],

  unavailableBecause: (catalog) =>
    missingEvent(catalog, [SWITCH, WAKEUP_NEW]) ?? (catalog.has(WAKING) ? undefined : missingEvent(catalog, [WAKEUP])),

  plan(args, catalog) {
    const parsed = parseArguments(args, OPTIONS);
    const kinds = parsed.names(KIND);
    // A waking names the thread that caused it; a wakeup is often only its echo in an interrupt of the other CPU.
    const events = [SWITCH, catalog.has(WAKING) ? WAKING : WAKEUP, WAKEUP_NEW, ...available(catalog, [EXIT])];
    return planOf('trace_sched', events, parsed, {
      kinds: kinds.length === 0 ? KINDS : kinds,
      shortestNs: (parsed.number(SHORTEST) ?? 0) * 1000,
    });
  },

  decoder: (plan, out, context) => new SchedDecoder(plan, out, context),
};

class SchedDecoder implements EventDecoder {
  unpaired = 0;
  readonly #out: TraceSink;
  readonly #context: DecoderContext;
  readonly #names: ThreadNames;
  readonly #wanted: ReadonlySet<unknown>;
  readonly #shortestNs: number;
  readonly #slices = new BoundedMap<number, Slice>(MAX_THREADS);
  readonly #switchId: number;
  readonly #newId: number;
  readonly #exitId: number;
  readonly #prevPid: FieldFormat;
  readonly #prevState: FieldFormat;
  readonly #nextPid: FieldFormat;

  constructor(plan: HookPlan, out: TraceSink, context: DecoderContext) {
    this.#out = out;
    this.#context = context;
    this.#names = new ThreadNames(context);
    this.#wanted = new Set(plan.options['kinds'] as readonly Kind[]);
    this.#shortestNs = Number(plan.options['shortestNs']);
    const format = context.catalog.format(SWITCH);
    this.#switchId = format.id;
    this.#exitId = plan.events.includes(EXIT) ? context.catalog.format(EXIT).id : -1;
    this.#newId = context.catalog.format(WAKEUP_NEW).id;
    this.#prevPid = format.field('prev_pid');
    this.#prevState = format.field('prev_state');
    this.#nextPid = format.field('next_pid');
  }

  onEvent(event: RawEvent): void {
    const { id } = event.format;
    if (id === this.#exitId) this.#onExit(event);
    else if (id === this.#switchId) this.#onSwitch(event);
    else this.#onWaking(event, id === this.#newId);
  }

  finish(atNs: number): void {
    for (const [tid, slice] of this.#slices.entries()) this.#write(tid, slice, atNs, '"open":true');
    this.#slices.clear();
    if (this.#slices.evicted > 0) this.#out.count('threads forgotten', this.#slices.evicted);
  }

  #onSwitch(event: RawEvent): void {
    const previous = event.intOf(this.#prevPid);
    const next = event.intOf(this.#nextPid);
    // Thread 0 is the idle loop of every CPU and belongs to nobody.
    if (previous !== 0 && this.#context.isTraced(previous)) this.#onSwitchOut(event, previous);
    if (next !== 0 && this.#context.isTraced(next)) this.#onSwitchIn(event, next);
  }

  #onSwitchOut(event: RawEvent, tid: number): void {
    const state = event.intOf(this.#prevState) & STATE_MASK;
    const slice = this.#slices.get(tid);
    if (slice?.kind === 'oncpu') {
      const left = state === 0 ? '"left":"preempted"' : `"left":"${(state & ENDED) !== 0 ? 'ended' : 'blocked'}"`;
      this.#write(tid, slice, event.atNs, left);
    } else this.#forget(slice, event.atNs);
    if ((state & ENDED) !== 0) this.#slices.take(tid);
    else if (state === 0) this.#begin(tid, 'runqueue', event.atNs, '"cause":"preempted"');
    else {
      const { letter, meaning } = decodeState(state);
      this.#begin(tid, 'blocked', event.atNs, `"state":"${letter}","meaning":"${meaning}"`);
    }
  }

  #onSwitchIn(event: RawEvent, tid: number): void {
    const slice = this.#slices.get(tid);
    const cpu = `"cpu":${event.cpu}`;
    if (slice?.kind === 'runqueue') this.#write(tid, slice, event.atNs, cpu);
    else if (slice?.kind === 'blocked') {
      // Its waking was not seen: the wait for a CPU, mostly short, is part of this slice.
      this.unpaired += 1;
      this.#write(tid, slice, event.atNs, '"unpaired":true');
    } else this.#forget(slice, event.atNs);
    this.#begin(tid, 'oncpu', event.atNs, cpu);
  }

  /** From here on the thread is on its way out; its last switch comes when nobody knows it any more. */
  #onExit(event: RawEvent): void {
    this.#names.ended(event);
    const slice = this.#slices.take(event.tid);
    if (slice?.kind === 'oncpu') this.#write(event.tid, slice, event.atNs, '"left":"ended"');
    else this.#forget(slice, event.atNs);
  }

  #onWaking(event: RawEvent, isNew: boolean): void {
    const tid = event.int('pid');
    if (!this.#context.isTraced(tid)) return;
    // A new thread has no past; what is there belongs to an earlier thread of that number whose end was lost.
    const before = isNew ? this.#slices.take(tid) : undefined;
    if (before !== undefined) this.#forget(before, event.atNs);
    const slice = this.#slices.get(tid);
    // A thread that had not yet gone to sleep is woken without a pause; nothing changed for it.
    if (slice !== undefined && slice.kind !== 'blocked') return;
    if (slice !== undefined) this.#write(tid, slice, event.atNs, this.#wakerOf(event));
    this.#begin(tid, 'runqueue', event.atNs, `"cause":"${isNew ? 'started' : 'woken'}"`);
  }

  #wakerOf(event: RawEvent): string {
    if (event.tid === 0 || inInterrupt(event)) return '"woken_by":"interrupt"';
    return `"woken_by":"thread","waker":${event.tid}${this.#names.member('waker_comm', event.tid)}`;
  }

  /** A switch in between was not recorded: what the thread did in the meantime is not known, only for how long. */
  #forget(slice: Slice | undefined, atNs: number): void {
    this.unpaired += 1;
    if (slice !== undefined) this.#out.count('nanoseconds unknown', atNs - slice.sinceNs);
  }

  #begin(tid: number, kind: Kind, sinceNs: number, args: string): void {
    this.#slices.set(tid, { kind, sinceNs, args });
  }

  #write(tid: number, slice: Slice, endNs: number, args: string): void {
    if (!this.#wanted.has(slice.kind)) return;
    if (endNs - slice.sinceNs < this.#shortestNs) this.#out.count('slices shorter than asked for');
    else this.#out.complete(NAME_OF[slice.kind], 'sched', tid, slice.sinceNs, endNs, `${slice.args},${args}`);
  }
}
