/** Plays records to a decoder that writes a real trace file. */
import { ThreadTable } from '../capture/thread-table.js';
import type { EventFormat } from '../event-format.js';
import type { EventDecoder } from '../native-hook.js';
import { BlockPool } from '../output/block-pool.js';
import { PfwWriter } from '../output/pfw-writer.js';
import { TraceOutput, type EpochBase } from '../output/trace-output.js';
import { RawEvent } from '../raw-event.js';
import { recordOf, type Value } from './page-builder.js';
import { eventsIn, readTrace, type TraceLine } from './trace-file.js';

const MEMORY_BYTES = 4096;

export class DecoderStage<D extends EventDecoder> {
  readonly threads = new ThreadTable(100_000);
  readonly pool = new BlockPool();
  readonly output: TraceOutput;
  readonly decoder: D;
  readonly #writer: PfwWriter;
  readonly #event = new RawEvent();
  readonly #memory = Buffer.alloc(MEMORY_BYTES);

  constructor(
    readonly file: string,
    make: (output: TraceOutput) => D,
    base: EpochBase = { epochUs: 1_700_000_000_000_000, restNs: 0 },
    maxEvents?: number,
  ) {
    this.#writer = PfwWriter.open(file, this.pool);
    this.output = new TraceOutput(this.threads, this.#writer, base, maxEvents);
    this.decoder = make(this.output);
    this.#event.page = this.#memory;
    this.#event.words = new Uint32Array(this.#memory.buffer, this.#memory.byteOffset, MEMORY_BYTES / 4);
  }

  thread(tid: number, tgid = tid, comm = `t${tid}`): number {
    return this.threads.add(tid, tgid, comm, 0);
  }

  at(atNs: number, tid: number, format: EventFormat, values: Readonly<Record<string, Value>> = {}): void {
    const event = this.#event;
    const record = recordOf(format, tid, values);
    event.offset = 64;
    event.length = record.copy(this.#memory, 64);
    event.format = format;
    event.atNs = atNs;
    event.tid = tid;
    event.slot = this.threads.slotOf(tid);
    this.decoder.onEvent(event);
  }

  async close(): Promise<TraceLine[]> {
    await this.#writer.close();
    return readTrace(this.file);
  }

  async events(): Promise<TraceLine[]> {
    return eventsIn(await this.close());
  }
}
