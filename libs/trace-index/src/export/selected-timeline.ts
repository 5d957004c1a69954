import { TracerError } from '@tracer/base';
import { LaneTimeline } from '../query/lane-timeline.js';
import { eachLine } from '../query/line-rewriter.js';
import type { EventBlock } from '../query/trace-file-reader.js';
import { TraceRecord } from '../query/trace-record.js';

/** A selection in the order of time, with what the formats need beside the events. */
export interface SelectedTimeline {
  readonly timeline: LaneTimeline;
  /** The text of `args` by event number; empty when they were not asked for. */
  readonly args: readonly (string | undefined)[];
}

/** Events that fit into memory at once, with and without their arguments. */
export const MAX_TIMELINE_EVENTS = 4_000_000;
export const MAX_TIMELINE_EVENTS_WITH_ARGS = 1_000_000;

/**
 * Reads a selection into a timeline.
 *
 * @throws TracerError VALIDATION when it holds more events than fit: half a picture would look like a whole one
 */
export async function readTimeline(blocks: AsyncIterable<EventBlock>, withArgs: boolean): Promise<SelectedTimeline> {
  const maxEvents = withArgs ? MAX_TIMELINE_EVENTS_WITH_ARGS : MAX_TIMELINE_EVENTS;
  const timeline = new LaneTimeline({ maxEvents });
  const args: (string | undefined)[] = [];
  const record = new TraceRecord();
  for await (const { bytes } of blocks) {
    eachLine(bytes, (start, end) => {
      record.read(bytes, start, end);
      if (record.isMetadata) return;
      const before = timeline.count;
      timeline.accept(record);
      if (withArgs && timeline.count > before) args[before] = argsText(record);
    });
    if (timeline.leftOut > 0) {
      throw new TracerError('VALIDATION', `more than ${maxEvents} events; ask for a smaller selection of them`);
    }
  }
  return { timeline, args };
}

function argsText(record: TraceRecord): string | undefined {
  const span = record.argsSpan;
  return span === undefined ? undefined : record.bytes.toString('utf8', span[0], span[1]);
}

/** `7:9`, as lanes are called where nothing better is known. */
export function laneName({ pid, tid }: { readonly pid: number | undefined; readonly tid: number | undefined }): string {
  return `${pid ?? '?'}:${tid ?? '?'}`;
}
