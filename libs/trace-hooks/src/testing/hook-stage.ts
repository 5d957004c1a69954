/** Plays kernel events to the decoder of a native hook and collects what it writes. */
import { EventCatalog, type EventFormat, type FieldFormat } from '../event-format.js';
import type { DecoderContext, EventDecoder, HookPlan, NativeHook, TraceSink } from '../native-hook.js';
import { RawEvent } from '../raw-event.js';

export interface Line {
  readonly name: string;
  readonly cat: string;
  readonly tid: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly args: Record<string, unknown>;
}

/** A field: number, text, or bytes for arrays of numbers. */
export type FieldValue = number | bigint | string | readonly number[];

export interface World {
  /** Threads of the session, with the process of each; by default none is. */
  readonly threads?: ReadonlyMap<number, number>;
  readonly comms?: ReadonlyMap<number, string>;
  readonly pathOfFd?: (pid: number, fd: number) => string | undefined;
  /** Nanoseconds between an event and its decoding. */
  readonly lagNs?: number;
}

/** `common_flags` of events that interrupts record. */
export const HARD_IRQ = 0x08;
export const SOFT_IRQ = 0x10;
const RECORD_BYTES = 512;
const COMMON_BYTES = 8;

export class HookStage {
  readonly plan: HookPlan;
  readonly lines: Line[] = [];
  readonly counts = new Map<string, number>();
  readonly decoder: EventDecoder;
  readonly #catalog: EventCatalog;
  readonly #event = new RawEvent();
  readonly #page = Buffer.alloc(RECORD_BYTES + 64);

  constructor(hook: NativeHook, args: string, tracefs: string, world: World) {
    this.#catalog = new EventCatalog(tracefs);
    this.plan = structuredClone(hook.plan(args.split(' ').filter(Boolean), this.#catalog));
    const sink: TraceSink = {
      complete: this.#write.bind(this),
      instant: (name, cat, tid, atNs, args) => {
        this.#write(name, cat, tid, atNs, atNs, args);
      },
      count: (name, by = 1) => void this.counts.set(name, (this.counts.get(name) ?? 0) + by),
    };
    this.decoder = hook.decoder(this.plan, sink, this.#context(world));
  }

  /** One event at a time, as the thread `tid` on CPU 0 records it. */
  at(atNs: number, tid: number, name: string, fields: Record<string, FieldValue>, flags = 0): this {
    const { plan } = this;
    if (!plan.events.includes(name) && plan.hostEvents?.includes(name) !== true)
      throw new Error(`${name} is not planned`);
    const event = this.#event;
    event.format = this.#catalog.format(name);
    event.page = this.#page;
    // Records lie anywhere in a page.
    event.offset = 16;
    event.atNs = atNs;
    event.tid = tid;
    event.cpu = 0;
    this.#page.fill(0);
    this.#page.writeUInt16LE(event.format.id, event.offset);
    this.#page.writeUInt8(flags, event.offset + 2);
    this.#page.writeInt32LE(tid, event.offset + 4);
    event.length = this.#encode(event.format, fields, event.offset);
    this.decoder.onEvent(event);
    return this;
  }

  finish(atNs: number): this {
    this.decoder.finish(atNs);
    return this;
  }

  /** `name start-end` of every line, in the order of writing. */
  get spans(): string[] {
    return this.lines.map(({ name, startNs, endNs }) => `${name} ${startNs}-${endNs}`);
  }

  #write(name: string, cat: string, tid: number, startNs: number, endNs: number, args: string): void {
    if (endNs < startNs) throw new Error(`${name} ends before it begins`);
    const parsed = JSON.parse(`{${args}}`) as Record<string, unknown>;
    this.lines.push({ name, cat, tid, startNs, endNs, args: parsed });
  }

  #context(world: World): DecoderContext {
    return {
      catalog: this.#catalog,
      tgidOf: (tid) => world.threads?.get(tid) ?? tid,
      commOf: (tid) => world.comms?.get(tid) ?? '',
      isTraced: (tid) => world.threads?.has(tid) === true,
      nowNs: () => this.#event.atNs + (world.lagNs ?? 0),
      ...(world.pathOfFd === undefined ? {} : { pathOfFd: world.pathOfFd }),
    };
  }

  #encode(format: EventFormat, fields: Record<string, FieldValue>, offset: number): number {
    let end = Math.max(format.minLength, COMMON_BYTES);
    for (const [name, value] of Object.entries(fields)) {
      const field = format.field(name);
      if (field.locatedFrom === undefined) this.#encodeFixed(field, value, offset + field.offset);
      else {
        const bytes = Buffer.from(`${String(value)}\0`);
        bytes.copy(this.#page, offset + end);
        this.#page.writeUInt32LE(bytes.length * 0x10000 + end, offset + field.offset);
        end += bytes.length;
      }
    }
    return end;
  }

  #encodeFixed(field: FieldFormat, value: FieldValue, at: number): void {
    if (typeof value === 'string') this.#page.write(value.slice(0, field.size - 1), at);
    else if (typeof value === 'object') this.#page.set(value.slice(0, field.size), at);
    else if (field.size === 8) this.#page.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at);
    else this.#page.writeUIntLE(Number(BigInt.asUintN(8 * field.size, BigInt(value))), at, field.size);
  }
}
