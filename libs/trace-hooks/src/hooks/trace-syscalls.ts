import type { DecoderContext, EventDecoder, NativeHook, TraceSink } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { errnoName, MAX_ERRNO } from '../syscalls/errno.js';
import { syscallDecoder } from '../syscalls/syscall-decoder.js';
import { describeOptions, parseArguments, TIME_OPTION, type NamesOption } from './arguments.js';
import { planOf } from './hook-plan.js';
import { lowHalf } from './registers.js';
import { syscallEvents } from './syscall-selection.js';
import { SYSCALL_GROUPS } from './syscall-groups.js';

const SYSCALL: NamesOption = {
  kind: 'names',
  long: 'syscall',
  short: 's',
  placeholder: 'NAME',
  help: 'these system calls only: names (read), events (sys_exit_read), patterns (open*), groups (%file)',
};
const OPTIONS = [SYSCALL, TIME_OPTION];

/** System calls with their arguments, results and durations. Recorded in the thread that makes the call. */
export const traceSyscalls: NativeHook = {
  name: 'trace_syscalls',
  description: [
    'Traces system calls: arguments by name, return value, error name and duration.',
    ...describeOptions(OPTIONS),
    `Groups: ${SYSCALL_GROUPS.map((group) => `%${group}`).join(' ')}`,
    'Without -s every system call of this kernel is traced.',
    'Entry and exit of a call become one event; a single event of a call (sys_enter_read) has no duration.',
    'Pointers are shown as numbers: what they point at is not recorded.',
  ],

  unavailableBecause: (catalog) =>
    catalog.syscalls().length > 0 ? undefined : 'the kernel events syscalls/sys_enter_* are not available',

  plan(args, catalog) {
    const parsed = parseArguments(args, OPTIONS);
    return planOf('trace_syscalls', syscallEvents(parsed.names(SYSCALL), catalog), parsed);
  },

  decoder(plan, out, context) {
    const planned = new Set(plan.events);
    const alone = plan.events.filter((event) => !planned.has(otherHalf(event)));
    const pairs = alone.length === plan.events.length ? undefined : syscallDecoder(plan, out, context);
    return alone.length === 0 && pairs !== undefined ? pairs : new HalvesDecoder(pairs, alone, out, context);
  },
};

const ENTER = 'syscalls/sys_enter_';
const EXIT = 'syscalls/sys_exit_';

function otherHalf(event: string): string {
  return event.startsWith(ENTER) ? EXIT + event.slice(ENTER.length) : ENTER + event.slice(EXIT.length);
}

/** Calls of which only the entry or only the exit was asked for: instants, beside the decoder of whole calls. */
class HalvesDecoder implements EventDecoder {
  readonly #pairs: EventDecoder | undefined;
  readonly #out: TraceSink;
  readonly #ids: ReadonlySet<number>;

  constructor(pairs: EventDecoder | undefined, alone: readonly string[], out: TraceSink, context: DecoderContext) {
    this.#pairs = pairs;
    this.#out = out;
    this.#ids = new Set(alone.map((event) => context.catalog.format(event).id));
  }

  get unpaired(): number {
    return this.#pairs?.unpaired ?? 0;
  }

  onEvent(event: RawEvent): void {
    if (!this.#ids.has(event.format.id)) {
      this.#pairs?.onEvent(event);
      return;
    }
    const name = event.eventName.slice('syscalls/'.length);
    this.#out.instant(
      name,
      'syscall',
      event.tid,
      event.atNs,
      name.startsWith('sys_exit_') ? resultOf(event) : argumentsOf(event),
    );
  }

  threadStarted(slot: number): void {
    this.#pairs?.threadStarted?.(slot);
  }

  threadEnded(slot: number, atNs: number): void {
    this.#pairs?.threadEnded?.(slot, atNs);
  }

  finish(atNs: number): void {
    this.#pairs?.finish(atNs);
  }
}

function resultOf(event: RawEvent): string {
  const ret = event.int('ret');
  const failed = ret < 0 && ret >= -MAX_ERRNO;
  return `"ret":${event.json('ret')}${failed ? `,"error":"${errnoName(-ret)}"` : ''}`;
}

/** Registers have 64 bits whatever their type; a narrow one counts by its low half. */
function argumentsOf(event: RawEvent): string {
  return event.format.fields
    .filter(({ name, size }) => name !== '__syscall_nr' && size === 8)
    .map(({ name, type }) => `"${name}":${type.includes('*') ? `"${event.hex(name)}"` : argumentOf(event, name, type)}`)
    .join(',');
}

function argumentOf(event: RawEvent, name: string, type: string): string {
  if (!/^(?:unsigned )?int$|^pid_t$|^umode_t$/u.test(type)) return event.json(name);
  const low = lowHalf(event, name);
  return String(type.startsWith('u') ? low : low | 0);
}
