import type { EventCatalog } from './event-format.js';
import type { RawEvent } from './raw-event.js';

/** What a session asks of the kernel. Plain data: it crosses into the capture worker by structured clone. */
export interface HookPlan {
  /** Name of the native hook that decodes the events. */
  readonly hook: string;
  /** `group/event`, recorded for the traced threads only. */
  readonly events: readonly string[];
  /**
   * `group/event`, recorded whichever thread runs, and handed over unfiltered. For what happens in interrupt context,
   * where the thread that runs is not the one it concerns (a block request completes, a packet arrives). Every process
   * of the machine pays for these, and they come in as many as the machine makes, so name few.
   */
  readonly hostEvents?: readonly string[];
  /** Ends the session by itself (`-t`). */
  readonly timeLimitMs?: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A way of tracing that is built in: which events it needs and how they become trace lines. */
export interface NativeHook {
  readonly name: string;
  /** Lines shown to the user who asks what the hook does. */
  readonly description: readonly string[];
  /** The reason, naming the missing event, or undefined when this kernel has all the hook needs. */
  unavailableBecause(catalog: EventCatalog): string | undefined;
  /** @throws TracerError HOOK_ARGUMENT_INVALID naming the argument. */
  plan(args: readonly string[], catalog: EventCatalog): HookPlan;
  /** Called inside the capture worker, once per session run. */
  decoder(plan: HookPlan, out: TraceSink, context: DecoderContext): EventDecoder;
}

/** Turns the records of one session into trace lines. Records arrive in time order, over all CPUs. */
export interface EventDecoder {
  /** A throw ends this session with the reason; other sessions go on. */
  onEvent(event: RawEvent): void;
  /** A thread of the session began, before its first event. `slot` is `RawEvent.slot`. */
  threadStarted?(slot: number): void;
  /** A thread of the session ended; its slot may soon stand for another one. */
  threadEnded?(slot: number, atNs: number): void;
  /** The session ends: write what is still open, so that nothing that began is silently missing. */
  finish(atNs: number): void;
  /** Begins without their end and ends without their begin, so far. */
  readonly unpaired: number;
}

/** Where a decoder writes. Times are `RawEvent.atNs`; lines carry epoch microseconds and exact nanoseconds. */
export interface TraceSink {
  /**
   * Something that lasted. Counted in the summary under `name`.
   * @param args members of the JSON object `args` without braces (`"dev":"8:0","bytes":4096`), '' for none. `dur_ns` is
   * added in front of them.
   */
  complete(name: string, category: string, tid: number, startNs: number, endNs: number, args: string): void;
  /** Something that happened at one moment: a line of duration 0. */
  instant(name: string, category: string, tid: number, atNs: number, args: string): void;
  /** Adds to a named number of the session's result, for what a hook wants to own up to (`"unresolved paths"`). */
  count(name: string, by?: number): void;
}

/** What is known about threads at the time of the event being decoded. */
export interface DecoderContext {
  /** Formats of this kernel's events. */
  readonly catalog: EventCatalog;
  /** Process id of a thread; the thread id itself when unknown. */
  tgidOf(tid: number): number;
  /** Name of a thread, '' when unknown. */
  commOf(tid: number): string;
  /** Whether the thread belongs to this session: host-wide events and both sides of a switch need the question. */
  isTraced(tid: number): boolean;
  /** The clock of `RawEvent.atNs`, now: what is read from /proc at that moment is as old as this, not as the event. */
  nowNs?(): number;
  /** Path behind a descriptor of a living process, undefined when it cannot be had (any more). */
  pathOfFd?(tgid: number, fd: number): string | undefined;
}
