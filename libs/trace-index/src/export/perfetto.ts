import type { TimelineLane } from '../query/lane-timeline.js';
import type { LaneFact } from '../query/trace-file-reader.js';
import { ProtoWriter } from './proto-writer.js';
import { laneName, type SelectedTimeline } from './selected-timeline.js';

/** Field numbers of Perfetto's public trace schema (TracePacket, TrackEvent, TrackDescriptor, InternedData). */
const TRACE = { packet: 1 };
const PACKET = {
  timestamp: 8,
  sequenceId: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  trackDescriptor: 60,
};
const EVENT = { categoryIids: 3, debugAnnotations: 4, type: 9, nameIid: 10, trackUuid: 11 };
const ANNOTATION = { legacyJson: 9, name: 10 };
const TRACK = { uuid: 1, name: 2, process: 3, thread: 4, parentUuid: 5 };
const PROCESS = { pid: 1, name: 6 };
const THREAD = { pid: 1, tid: 2, name: 5 };
const INTERNED = { categories: 1, names: 2 };
const SLICE_BEGIN = 1;
const SLICE_END = 2;
const STATE_CLEARED = 1;
const NEEDS_STATE = 2;
/** All packets come from one writer. */
const SEQUENCE = 1;
const MAX_INT32 = 0x7fffffff;
const PIECE_BYTES = 256 * 1024;

/**
 * Perfetto's own trace format: a sequence of packets, each a field 1 of the trace.
 *
 * ```
 *   names of everything · descriptors of process and thread tracks · lane by lane: begin, end, begin, begin, end, end …
 * ```
 *
 * Begin and end packets of a track come in nesting order; trace processor sorts tracks among each other.
 */
export function* perfettoTrace(
  { timeline, args }: SelectedTimeline,
  facts: readonly LaneFact[],
): Generator<Buffer, void, undefined> {
  const out = new ProtoWriter();
  const lanes = timeline.lanes();
  out.message(TRACE.packet, internedPacket(timeline.names));
  const tracks = new Tracks(facts);
  for (const lane of lanes) for (const packet of tracks.describe(lane)) out.message(TRACE.packet, packet);
  for (const lane of lanes) {
    const track = tracks.threadUuid(lane);
    const pieces: Buffer[] = [];
    const add = (us: number, event: ProtoWriter): void => {
      out.message(TRACE.packet, packetOf(us, event.varint(EVENT.trackUuid, track)));
      if (out.length > PIECE_BYTES) pieces.push(out.take());
    };
    timeline.visit(lane, {
      open(event) {
        const begin = new ProtoWriter().varint(EVENT.type, SLICE_BEGIN);
        begin
          .varint(EVENT.nameIid, timeline.nameId(event) + 1)
          .varint(EVENT.categoryIids, timeline.categoryId(event) + 1);
        const text = args[event];
        if (text !== undefined && text !== '{}') {
          begin.message(
            EVENT.debugAnnotations,
            new ProtoWriter().text(ANNOTATION.name, 'args').text(ANNOTATION.legacyJson, text),
          );
        }
        add(timeline.startUs(event), begin);
      },
      close(_, endUs) {
        add(endUs, new ProtoWriter().varint(EVENT.type, SLICE_END));
      },
    });
    yield* pieces;
  }
  yield out.take();
}

function packetOf(us: number, event: ProtoWriter): ProtoWriter {
  const packet = new ProtoWriter().varint(PACKET.timestamp, nanoseconds(us)).varint(PACKET.sequenceId, SEQUENCE);
  return packet.varint(PACKET.sequenceFlags, NEEDS_STATE).message(PACKET.trackEvent, event);
}

/** Epoch ns do not fit a double. */
function nanoseconds(us: number): bigint {
  if (us <= 0) return 0n;
  const whole = Math.floor(us);
  return BigInt(whole) * 1000n + BigInt(Math.round((us - whole) * 1000));
}

function internedPacket(names: readonly string[]): ProtoWriter {
  const interned = new ProtoWriter();
  names.forEach((name, i) => {
    const entry = (): ProtoWriter => new ProtoWriter().varint(1, i + 1).text(2, name);
    interned.message(INTERNED.categories, entry()).message(INTERNED.names, entry());
  });
  const packet = new ProtoWriter().varint(PACKET.sequenceId, SEQUENCE);
  return packet.varint(PACKET.sequenceFlags, STATE_CLEARED).message(PACKET.internedData, interned);
}

/** Gives every process and thread its track. */
class Tracks {
  readonly #uuids = new Map<string, number>();
  readonly #names = new Map<string, string>();

  constructor(facts: readonly LaneFact[]) {
    for (const { fact, pid, tid, text } of facts) {
      const key = fact === 'process_name' ? processKey(pid) : fact === 'thread_name' ? threadKey(pid, tid) : undefined;
      if (key !== undefined && !this.#names.has(key)) this.#names.set(key, text);
    }
  }

  threadUuid({ pid, tid }: TimelineLane): number {
    return this.#uuid(threadKey(pid, tid));
  }

  /** The thread's track, and before its first thread the process's. */
  *describe(lane: TimelineLane): Generator<ProtoWriter, void, undefined> {
    const { pid, tid } = lane;
    const [process, thread] = [processKey(pid), threadKey(pid, tid)];
    const processName = this.#names.get(process);
    const threadName = this.#names.get(thread);
    // Ids that the schema cannot hold get a track with a name only.
    const numbered = fits(pid) && fits(tid);
    if (numbered && !this.#uuids.has(process)) {
      const descriptor = new ProtoWriter().varint(PROCESS.pid, pid);
      if (processName !== undefined) descriptor.text(PROCESS.name, processName);
      yield trackPacket(new ProtoWriter().varint(TRACK.uuid, this.#uuid(process)).message(TRACK.process, descriptor));
    }
    const track = new ProtoWriter().varint(TRACK.uuid, this.#uuid(thread));
    if (numbered) {
      const descriptor = new ProtoWriter().varint(THREAD.pid, pid).varint(THREAD.tid, tid);
      if (threadName !== undefined) descriptor.text(THREAD.name, threadName);
      track.varint(TRACK.parentUuid, this.#uuid(process)).message(TRACK.thread, descriptor);
    } else track.text(TRACK.name, threadName ?? laneName(lane));
    yield trackPacket(track);
  }

  #uuid(key: string): number {
    const known = this.#uuids.get(key) ?? this.#uuids.size + 1;
    this.#uuids.set(key, known);
    return known;
  }
}

const processKey = (pid: number | undefined): string => `process ${pid ?? '?'}`;
const threadKey = (pid: number | undefined, tid: number | undefined): string => `thread ${pid ?? '?'} ${tid ?? '?'}`;

function fits(id: number | undefined): id is number {
  return id !== undefined && Number.isInteger(id) && id >= 0 && id <= MAX_INT32;
}

function trackPacket(track: ProtoWriter): ProtoWriter {
  return new ProtoWriter().varint(PACKET.sequenceId, SEQUENCE).message(PACKET.trackDescriptor, track);
}
