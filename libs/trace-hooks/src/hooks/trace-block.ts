/**
 * Requests to block devices, from the thread that asked to the completion.
 *
 * ```
 *   thread          block_io_start ─┐ (before 6.5: block_rq_insert, or block_rq_issue if nothing is queued)
 *   anybody                         ├─ queued ── block_rq_issue ─┐
 *   interrupt                                                    ├─ in the device ── block_rq_complete
 * ```
 *
 * Attribution: a request belongs to the thread in whose context it was made. Issuing is often left to a kernel worker
 * and completion happens in an interrupt of whatever thread runs, so both are recorded for the whole machine and paired
 * by device and sector with what the followed threads began. Data that is written back later belongs to the kernel's
 * flusher threads and to none of the followed ones; reads, direct and synchronous writes are complete.
 */
import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DecoderContext, EventDecoder, HookPlan, NativeHook, TraceSink } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { errnoName } from '../syscalls/errno.js';
import { describeOptions, parseArguments, TIME_OPTION, type NamesOption, type NumberOption } from './arguments.js';
import { BoundedMap } from './bounded-map.js';
import { available, missingEvent, planOf } from './hook-plan.js';
import { inInterrupt } from './irq-context.js';
import { livingTid } from './living-tid.js';

const IO_START = 'block/block_io_start';
const INSERT = 'block/block_rq_insert';
const ISSUE = 'block/block_rq_issue';
const COMPLETE = 'block/block_rq_complete';

const DEVICE: NamesOption = {
  kind: 'names',
  long: 'device',
  short: 'd',
  placeholder: 'DEVICE',
  help: 'these devices only, by name (vda) or number (254:0)',
};
const SHORTEST: NumberOption = {
  kind: 'number',
  long: 'shortest',
  short: 'm',
  placeholder: 'US',
  min: 0,
  max: 1_000_000_000,
  help: 'leave out requests shorter than so many microseconds (they are counted)',
};
const OPTIONS = [DEVICE, SHORTEST, TIME_OPTION];
const MAX_REQUESTS = 16_384;
const MAX_DEVICES = 1024;
const SECTOR_BYTES = 512;
const MINOR_BITS = 2 ** 20;

interface Request {
  readonly tid: number;
  readonly pid: number;
  readonly startNs: number;
  readonly operation: string;
  readonly dev: number;
  readonly sector: string;
  readonly rwbs: string;
  issuedNs: number | undefined;
  bytes: number;
  doneBytes: number;
}

/** Block requests of the followed threads with their latency, split into queue and device. */
export const traceBlock: NativeHook = {
  name: 'trace_block',
  description: [
    'Traces requests to block devices: operation, device, sector, bytes, time in the queue and in the device, error.',
    ...describeOptions(OPTIONS),
    'A request belongs to the thread that made it. Buffered writes that the kernel writes back later are made by',
    'threads of the kernel and are not seen; reads, direct and synchronous writes are.',
  ],

  unavailableBecause: (catalog) => missingEvent(catalog, [ISSUE, COMPLETE]),

  plan(args, catalog) {
    const parsed = parseArguments(args, OPTIONS);
    const start = available(catalog, [IO_START, INSERT]).slice(0, 1);
    const options = { devices: parsed.names(DEVICE), shortestNs: (parsed.number(SHORTEST) ?? 0) * 1000 };
    return planOf('trace_block', start, parsed, options, [ISSUE, COMPLETE]);
  },

  decoder: (plan, out, context) => new BlockDecoder(plan, out, context),
};

class BlockDecoder implements EventDecoder {
  unpaired = 0;
  readonly #out: TraceSink;
  readonly #context: DecoderContext;
  readonly #devices: ReadonlySet<string>;
  readonly #shortestNs: number;
  readonly #requests = new BoundedMap<string, Request>(MAX_REQUESTS);
  readonly #names = new BoundedMap<number, string>(MAX_DEVICES);

  constructor(plan: HookPlan, out: TraceSink, context: DecoderContext) {
    this.#out = out;
    this.#context = context;
    this.#devices = new Set(plan.options['devices'] as readonly string[]);
    this.#shortestNs = Number(plan.options['shortestNs']);
  }

  onEvent(event: RawEvent): void {
    switch (event.eventName) {
      case COMPLETE:
        this.#onComplete(event);
        break;
      case ISSUE:
        this.#onIssue(event);
        break;
      default:
        this.#begin(event, undefined);
    }
  }

  finish(atNs: number): void {
    for (const request of this.#requests.values()) this.#write(request, atNs, ',"completed":false');
    this.#requests.clear();
    if (this.#requests.evicted > 0) this.#out.count('requests forgotten', this.#requests.evicted);
  }

  #begin(event: RawEvent, issuedNs: number | undefined): void {
    if (inInterrupt(event) || !this.#context.isTraced(event.tid)) return;
    const dev = event.int('dev');
    if (this.#devices.size > 0 && !this.#devices.has(numberOf(dev)) && !this.#devices.has(this.#nameOf(dev))) return;
    const rwbs = event.text('rwbs');
    const key = keyOf(event, 0);
    // A request that begins where another is still open: the end of that one was lost, or it was merged into another.
    if (this.#requests.take(key) !== undefined) this.unpaired += 1;
    this.#requests.set(key, {
      tid: event.tid,
      pid: this.#context.tgidOf(event.tid),
      startNs: event.atNs,
      operation: operationOf(rwbs, event.int('nr_sector')),
      dev,
      sector: event.json('sector'),
      rwbs,
      issuedNs,
      bytes: event.int('bytes'),
      doneBytes: 0,
    });
  }

  #onIssue(event: RawEvent): void {
    const request = this.#requests.get(keyOf(event, 0));
    if (request === undefined) {
      this.#begin(event, event.atNs);
      return;
    }
    // A request that is put back and issued again has waited in the queue until the last time.
    request.issuedNs = event.atNs;
    // Others may have been merged into it while it waited.
    request.bytes = Math.max(request.bytes, event.int('bytes'));
  }

  #onComplete(event: RawEvent): void {
    const key = keyOf(event, 0);
    const request = this.#requests.take(key);
    // Of a thread that is not followed, or from before the session.
    if (request === undefined) return;
    const sectors = event.int('nr_sector');
    const error = event.int('error');
    request.doneBytes += sectors * SECTOR_BYTES;
    if (error === 0 && sectors > 0 && request.doneBytes < request.bytes) {
      // Devices may complete a request piece by piece; the rest goes on at the next sector.
      this.#requests.set(keyOf(event, sectors), request);
      return;
    }
    this.#write(request, event.atNs, error === 0 ? '' : `,"error":"${errnoName(Math.abs(error))}"`);
  }

  #write(request: Request, endNs: number, ending: string): void {
    if (endNs - request.startNs < this.#shortestNs) {
      this.#out.count('requests shorter than asked for');
      return;
    }
    const { issuedNs } = request;
    const name = this.#nameOf(request.dev);
    const times =
      issuedNs === undefined ? '' : `,"queue_ns":${issuedNs - request.startNs},"device_ns":${endNs - issuedNs}`;
    const args =
      `"dev":"${numberOf(request.dev)}",${name === '' ? '' : `"device":${JSON.stringify(name)},`}` +
      `"sector":${request.sector},"bytes":${request.bytes},"rwbs":${JSON.stringify(request.rwbs)}${times}${ending}`;
    const tid = livingTid(this.#context, request.tid, request.pid);
    this.#out.complete(request.operation, 'block', tid, request.startNs, endNs, args);
  }

  /** `vda` for 254:0, as sysfs names it; '' where it can't be had. */
  #nameOf(dev: number): string {
    const known = this.#names.get(dev);
    if (known !== undefined) return known;
    const name = deviceName(this.#context.catalog.tracefsPath, dev);
    this.#names.set(dev, name);
    return name;
  }
}

/** Device and first sector; what has no sectors (a flush) is kept apart from requests that begin at sector 0. */
function keyOf(event: RawEvent, ahead: number): string {
  const sectors = event.int('nr_sector');
  const sector = ahead === 0 ? event.json('sector') : String(event.int('sector') + ahead);
  return `${event.int('dev')}:${sector}${sectors === 0 ? ':flush' : ''}`;
}

function numberOf(dev: number): string {
  return `${Math.floor(dev / MINOR_BITS)}:${dev % MINOR_BITS}`;
}

function deviceName(tracefsPath: string, dev: number): string {
  try {
    // A tracefs lies at kernel/tracing of the sysfs.
    return basename(readlinkSync(join(tracefsPath, '../../dev/block', numberOf(dev))));
  } catch {
    // Mounted elsewhere, or a device that is gone: the number has to do.
    return '';
  }
}

/**
 * The letters of the kernel: an F in front means flush first, then the operation, then F (force unit access),
 * A (read ahead), S (synchronous), M (file system metadata).
 */
export function operationOf(rwbs: string, sectors: number): string {
  const letters = rwbs.startsWith('F') ? rwbs.slice(1) : rwbs;
  if (rwbs.startsWith('F') && (sectors === 0 || letters === '' || letters.startsWith('F'))) return 'flush';
  if (letters.startsWith('DE')) return 'secure erase';
  return { R: 'read', W: 'write', D: 'discard', Z: 'zone', N: 'other' }[letters.charAt(0)] ?? 'other';
}
