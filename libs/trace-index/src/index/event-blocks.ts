import { eachLine } from '../query/line-rewriter.js';
import type { EventBlock } from '../query/trace-file-reader.js';
import { TraceRecord } from '../query/trace-record.js';
import type { LineBlock, SelectResult } from './chunk-task.js';

export function eventBlock({ bytes, events, shifted }: LineBlock): EventBlock {
  const same = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return shifted ? { bytes: same, events, shifted } : { bytes: same, events };
}

/** The lines of a result up to its event number `limit`; nothing behind that one. */
export function firstEvents(result: SelectResult, limit: number): SelectResult {
  if (result.events <= limit) return result;
  const blocks: LineBlock[] = [];
  let left = limit;
  for (const block of result.blocks) {
    if (left <= 0) break;
    blocks.push(block.events < left ? block : cutBlock(eventBlock(block), left));
    left -= block.events;
  }
  const references = result.references.filter(({ event }) => event < limit);
  return { kind: 'select', blocks, references, events: limit };
}

function cutBlock({ bytes }: EventBlock, events: number): LineBlock {
  const record = new TraceRecord();
  let left = events;
  let stop = 0;
  eachLine(bytes, (start, end) => {
    if (left === 0) return;
    record.read(bytes, start, end);
    if (!record.isMetadata) left--;
    stop = end + 1;
  });
  return { bytes: bytes.subarray(0, stop), events };
}
