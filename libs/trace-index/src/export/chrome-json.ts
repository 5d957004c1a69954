import { ByteBuffer } from '../query/byte-buffer.js';
import { eachLine } from '../query/line-rewriter.js';
import type { EventBlock } from '../query/trace-file-reader.js';
import { TraceRecord } from '../query/trace-record.js';

/** Metadata that viewers of the format know; hash records and the like mean nothing to them. */
const KNOWN_METADATA = /^(process|thread)_(name|labels|sort_index)$/;

/** The numeric phases of the newest dialect, as letters. */
const PHASES = new Map<number, string>([
  [1, 'X'],
  [2, 'C'],
  [3, 'X'],
  [4, 'M'],
]);

/**
 * Chrome's trace event format (JSON object form), which Perfetto and chrome://tracing open: numbers are numbers, phases
 * are letters, `args` stays as it is. Events without a start cannot be drawn; they are left out and counted.
 *
 * ```
 *   {"displayTimeUnit":"ms","traceEvents":[{…},{…}],"otherData":{"events":2,"eventsWithoutTime":0}}
 * ```
 */
export async function* chromeJson(blocks: AsyncIterable<EventBlock>): AsyncGenerator<Buffer, void, undefined> {
  const out = new ByteBuffer();
  const record = new TraceRecord();
  let [events, untimed, elements] = [0, 0, 0];
  out.text('{"displayTimeUnit":"ms","traceEvents":[');
  for await (const { bytes } of blocks) {
    eachLine(bytes, (start, end) => {
      record.read(bytes, start, end);
      if (record.isMetadata) {
        if (!KNOWN_METADATA.test(record.name ?? '')) return;
      } else if (record.ts === undefined) {
        untimed++;
        return;
      } else events++;
      out.text(elements++ > 0 ? ',\n' : '\n');
      writeEvent(record, out);
    });
    if (out.length > 0) yield out.take();
  }
  out.text(`\n],"otherData":${JSON.stringify({ events, eventsWithoutTime: untimed })}}\n`);
  yield out.take();
}

function writeEvent(record: TraceRecord, out: ByteBuffer): void {
  const { name = '', cat, ts, dur, pid = 0, tid = 0 } = record;
  const phase = phaseOf(record);
  out.text(`{"name":${JSON.stringify(name)},"ph":"${phase}"`);
  if (cat !== undefined) out.text(`,"cat":${JSON.stringify(cat)}`);
  out.text(`,"pid":${pid},"tid":${tid}`);
  if (ts !== undefined) out.text(`,"ts":${ts}`);
  // A complete event must have a length.
  if (dur !== undefined || phase === 'X') out.text(`,"dur":${dur ?? 0}`);
  if (phase === 'i') out.text(',"s":"t"');
  const args = record.argsSpan;
  if (args !== undefined && record.bytes[args[0]] === 0x7b) {
    out.text(',"args":');
    out.bytes(record.bytes, args[0], args[1]);
  }
  out.text('}');
}

function phaseOf({ ph, dur, isMetadata }: TraceRecord): string {
  if (isMetadata) return 'M';
  if (typeof ph === 'number') return PHASES.get(ph) ?? 'X';
  if (ph !== undefined && /^[A-Za-z()]$/.test(ph)) return ph;
  return dur === undefined ? 'i' : 'X';
}
