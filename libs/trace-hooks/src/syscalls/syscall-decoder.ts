import { grown } from '../capture/thread-table.js';
import { TracerError } from '@tracer/base';
import type { DecoderContext, EventDecoder, HookPlan, TraceSink } from '../native-hook.js';
import { stamp, type LineBuffer, type Stamp } from '../output/line-buffer.js';
import { TraceOutput } from '../output/trace-output.js';
import type { RawEvent } from '../raw-event.js';
import type { CallStats } from '../summary.js';
import { ARGUMENT_KIND, callFormat, MAX_ARGUMENTS, type CallArgument, type CallFormat } from './call-table.js';
import { errnoName, MAX_ERRNO } from './errno.js';

const RETURN = stamp(',"ret":');
const TWO_32 = 2 ** 32;
/** Low and high half of each argument. */
const ARGUMENT_WORDS = 2 * MAX_ARGUMENTS;
const EVENT_IDS = 0x10000;

/** Why a call has a begin and no end; written as `args.unfinished`. */
const UNFINISHED = {
  taskExited: stamp(',"unfinished":"task exited"'),
  sessionEnded: stamp(',"unfinished":"session ended"'),
  exitLost: stamp(',"unfinished":"exit not seen"'),
} as const;

/**
 * Pairs entry and exit of system calls, per thread, into complete events. A thread is in at most one call, so the open
 * calls are flat arrays by thread slot; nothing is allocated per event and the line goes straight into the block.
 *
 * ```
 *   slot ──► openCall  call index + 1, 0 = none     openAtNs      openArguments  12 words: 6 × (low, high)
 * ```
 * Not counted as unpaired: the exit a new task begins with (its parent's clone), and calls that end with their task.
 */
export class SyscallDecoder implements EventDecoder {
  /** By event id: call index + 1 for entries, its negative for exits, 0 for events of others. */
  readonly #steps = new Int16Array(EVENT_IDS);
  readonly #stats: readonly CallStats[];
  #openCall = new Int32Array(0);
  #openAtNs = new Float64Array(0);
  #openArguments = new Uint32Array(0);
  readonly #newborn = new Set<number>();
  #exitsWithoutEntry = 0;
  #unfinished = 0;

  constructor(
    private readonly calls: readonly CallFormat[],
    private readonly out: TraceOutput,
  ) {
    this.#stats = calls.map((call) => out.summary.of(call.name));
    calls.forEach((call, index) => {
      this.#steps[call.enterId] = index + 1;
      this.#steps[call.exitId] = -index - 1;
    });
  }

  get unpaired(): number {
    return this.#exitsWithoutEntry + this.#unfinished;
  }

  onEvent(event: RawEvent): void {
    const { slot, words } = event;
    const word = event.offset >> 2;
    const step = this.#steps[(words[word] ?? 0) & 0xffff] ?? 0;
    if (slot >= this.#openCall.length) this.#grow(slot);
    if (step > 0) this.#enter(step, slot, word, event);
    else if (step < 0) this.#exit(-step - 1, slot, word, event);
  }

  #enter(step: number, slot: number, word: number, event: RawEvent): void {
    if (this.#openCall[slot] !== 0) this.#leaveOpen(slot, event.atNs, 'exitLost');
    this.#openCall[slot] = step;
    this.#openAtNs[slot] = event.atNs;
    const { words } = event;
    const kept = this.#openArguments;
    // Entry records hold `__syscall_nr` in words 2 and 3 and then the arguments: take the rest of the record as it is.
    const count = Math.min((event.length >> 2) - 4, ARGUMENT_WORDS);
    const from = word + 4;
    const to = slot * ARGUMENT_WORDS;
    for (let index = 0; index < count; index++) kept[to + index] = words[from + index] ?? 0;
  }

  #exit(index: number, slot: number, word: number, event: RawEvent): void {
    if (this.#openCall[slot] !== index + 1) {
      this.#exitAlone(slot, event.atNs);
      return;
    }
    this.#openCall[slot] = 0;
    const call = this.calls[index];
    const stats = this.#stats[index];
    if (call === undefined || stats === undefined) return;
    const startNs = this.#openAtNs[slot] ?? 0;
    const { words, atNs } = event;
    const low = words[word + call.returnWord] ?? 0;
    const high = words[word + call.returnWord + 1] ?? 0;
    const { out } = this;
    stats.finished(atNs - startNs);
    const failed = high === 0xffffffff && low >= TWO_32 - MAX_ERRNO;
    if (failed) stats.failed(TWO_32 - low);
    if (!out.begin(call.head, slot, startNs, atNs)) return;
    out.lines.stamp(RETURN);
    writeInt64(out.lines, high, low);
    if (failed) out.lines.stamp(errorStamp(TWO_32 - low));
    this.#writeArguments(call, slot);
    out.end();
  }

  /** An exit whose entry was not seen, or the exit of another call than the open one: something was lost between. */
  #exitAlone(slot: number, atNs: number): void {
    if (this.#openCall[slot] !== 0) this.#leaveOpen(slot, atNs, 'exitLost');
    if (!this.#newborn.delete(slot)) this.#exitsWithoutEntry++;
  }

  #leaveOpen(slot: number, atNs: number, why: keyof typeof UNFINISHED): void {
    const call = this.calls[(this.#openCall[slot] ?? 0) - 1];
    this.#openCall[slot] = 0;
    if (call === undefined) return;
    if (why !== 'taskExited') this.#unfinished++;
    this.out.summary.of(call.name).unfinished();
    const startNs = this.#openAtNs[slot] ?? 0;
    if (!this.out.begin(call.head, slot, startNs, Math.max(atNs, startNs))) return;
    this.out.lines.stamp(UNFINISHED[why]);
    this.#writeArguments(call, slot);
    this.out.end();
  }

  #writeArguments(call: CallFormat, slot: number): void {
    const { lines } = this.out;
    const from = slot * ARGUMENT_WORDS - 4;
    const kept = this.#openArguments;
    for (const argument of call.arguments) {
      lines.stamp(argument.label);
      writeArgument(lines, argument, kept[from + argument.word + 1] ?? 0, kept[from + argument.word] ?? 0);
    }
  }

  threadStarted(slot: number): void {
    if (slot >= this.#openCall.length) this.#grow(slot);
    this.#openCall[slot] = 0;
    this.#newborn.add(slot);
  }

  threadEnded(slot: number, atNs: number): void {
    this.#newborn.delete(slot);
    if ((this.#openCall[slot] ?? 0) !== 0) this.#leaveOpen(slot, atNs, 'taskExited');
  }

  finish(atNs: number): void {
    this.#openCall.forEach((call, slot) => {
      if (call !== 0) this.#leaveOpen(slot, atNs, 'sessionEnded');
    });
  }

  #grow(slot: number): void {
    const capacity = Math.max(1024, 2 ** Math.ceil(Math.log2(slot + 1)));
    this.#openCall = grown(this.#openCall, new Int32Array(capacity));
    this.#openAtNs = grown(this.#openAtNs, new Float64Array(capacity));
    this.#openArguments = grown(this.#openArguments, new Uint32Array(capacity * ARGUMENT_WORDS));
  }
}

function writeArgument(lines: LineBuffer, argument: CallArgument, high: number, low: number): void {
  switch (argument.kind) {
    case ARGUMENT_KIND.int32:
      lines.integer(low | 0);
      return;
    case ARGUMENT_KIND.uint32:
      lines.natural(low);
      return;
    case ARGUMENT_KIND.int64:
      writeInt64(lines, high, low);
      return;
    case ARGUMENT_KIND.uint64:
      writeUint64(lines, high, low);
      return;
    case ARGUMENT_KIND.pointer:
      lines.pointer(high, low);
  }
}

function writeInt64(lines: LineBuffer, high: number, low: number): void {
  const value = (high | 0) * TWO_32 + low;
  if (Number.isSafeInteger(value)) lines.integer(value);
  else lines.text(`"${BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low))}"`);
}

function writeUint64(lines: LineBuffer, high: number, low: number): void {
  const value = high * TWO_32 + low;
  if (Number.isSafeInteger(value)) lines.natural(value);
  else lines.text(`"${(BigInt(high) << 32n) | BigInt(low)}"`);
}

const errorStamps: Stamp[] = [];

/** @param errno 1…4095 */
function errorStamp(errno: number): Stamp {
  return (errorStamps[errno] ??= stamp(`,"error":"${errnoName(errno)}"`));
}

/**
 * The decoder of `trace_syscalls`: every `syscalls/sys_enter_*` of the plan whose exit is in the plan too.
 * @throws TracerError HOOK_UNAVAILABLE when this kernel lacks one of the events.
 */
export function syscallDecoder(plan: HookPlan, out: TraceSink, context: DecoderContext): SyscallDecoder {
  if (!(out instanceof TraceOutput)) {
    throw new TracerError('HOOK_FAILED', 'system calls are only written to the trace file of a session');
  }
  const planned = new Set(plan.events);
  const names = plan.events
    .filter((event) => event.startsWith('syscalls/sys_enter_'))
    .map((event) => event.slice('syscalls/sys_enter_'.length))
    .filter((name) => planned.has(`syscalls/sys_exit_${name}`));
  const calls = names.map((name) => callFormat(context.catalog, name));
  return new SyscallDecoder(calls, out);
}
