import { ByteWriter, ParquetWriter, type ColumnSource } from 'hyparquet-writer';
import { eachLine } from '../query/line-rewriter.js';
import type { EventBlock } from '../query/trace-file-reader.js';
import { TraceRecord } from '../query/trace-record.js';

/** Rows, and bytes of them, that are held in memory until they are written. */
const ROW_GROUP = 20_000;
const ROW_GROUP_BYTES = 64 * 1024 * 1024;

const text = (name: string) =>
  ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }) as const;
const real = (name: string) => ({ name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }) as const;
const integer = (name: string) => ({ name, type: 'INT64', repetition_type: 'OPTIONAL' }) as const;

/** The columns of an exported event. Times are µs as in the trace; `time` is the start for tools that know timestamps. */
const COLUMNS = [
  text('name'),
  text('cat'),
  text('ph'),
  integer('pid'),
  integer('tid'),
  real('ts_us'),
  real('dur_us'),
  { name: 'time', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', repetition_type: 'OPTIONAL' },
  // As text, not as JSON: a JSON column is written by way of doubles, which 64-bit hashes do not survive.
  text('args'),
] as const;

type Row = readonly unknown[];

/** A Parquet file (snappy), a row per event, metadata records left out; in groups of rows, so memory stays bounded. */
export async function* parquetFile(blocks: AsyncIterable<EventBlock>): AsyncGenerator<Buffer, void, undefined> {
  const bytes = new ByteWriter();
  const schema = [{ name: 'root', num_children: COLUMNS.length }, ...COLUMNS];
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'trace-indexer' });
  const record = new TraceRecord();
  let rows: Row[] = [];
  let heldBytes = 0;
  for await (const block of blocks) {
    eachLine(block.bytes, (start, end) => {
      record.read(block.bytes, start, end);
      if (!record.isMetadata) rows.push(rowOf(record));
    });
    heldBytes += block.bytes.length;
    if (rows.length < ROW_GROUP && heldBytes < ROW_GROUP_BYTES) continue;
    if (rows.length > 0) await writeGroup(writer, rows);
    rows = [];
    heldBytes = 0;
    yield taken(bytes);
  }
  if (rows.length > 0) await writeGroup(writer, rows);
  await writer.finish();
  yield taken(bytes);
}

async function writeGroup(writer: ParquetWriter, rows: readonly Row[]): Promise<void> {
  const columnData: ColumnSource[] = COLUMNS.map(({ name }, i) => ({ name, data: rows.map((row) => row[i]) }));
  await writer.write({ columnData, rowGroupSize: rows.length });
}

/** What was written so far; the writer goes on counting offsets from there. */
function taken(writer: ByteWriter): Buffer {
  const bytes = Buffer.from(writer.getBytes());
  writer.index = 0;
  return bytes;
}

function rowOf(record: TraceRecord): Row {
  const { name, cat, ph, pid, tid, ts, dur } = record;
  const args = record.argsSpan;
  return [
    name,
    cat,
    ph === undefined ? undefined : String(ph),
    whole(pid),
    whole(tid),
    ts,
    dur,
    ts === undefined ? undefined : BigInt(Math.floor(ts)),
    args && record.bytes.toString('utf8', args[0], args[1]),
  ];
}

function whole(id: number | undefined): bigint | undefined {
  return id !== undefined && Number.isInteger(id) ? BigInt(id) : undefined;
}
