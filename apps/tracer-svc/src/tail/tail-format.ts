import type { LiveFormat } from '@tracer/service-kit';

/** How the lines of running sessions travel; the agents define both forms, we keep them. */
export interface TailFormat {
  readonly name: LiveFormat;
  readonly contentType: string;
  /** What ends a frame. */
  readonly delimiter: Buffer;
  /** Complete frames of one node as a client gets them: with the node's name if there is one, without the node's end. */
  relay(frames: string, node: string | undefined): string;
  /** Tells within the stream that the events of a node are missing from here on. */
  lost(node: string, reason: string): string;
  /** Last frame of the merged stream. */
  end(): string;
}

/** `{"node":"…",` in place of the first brace; an empty object would need no comma and is no event. */
const NDJSON_EVENT = /^\{(?=")/gm;
const SSE_EVENT = /^data: \{(?=")/gm;

/** The lines of the trace file. A missing node is an event like those that tell of other losses. */
const NDJSON: TailFormat = {
  name: 'ndjson',
  contentType: 'application/x-ndjson',
  delimiter: Buffer.from('\n'),
  relay: (frames, node) => (node === undefined ? frames : frames.replaceAll(NDJSON_EVENT, `{"node":${quoted(node)},`)),
  lost: (node, reason) => {
    const args = { node, reason };
    return `${JSON.stringify({ name: 'node lost', cat: 'tracer', ph: 'X', ts: Date.now() * 1000, dur: 0, args })}\n`;
  },
  end: () => '',
};

/** `data:` frames; each node ends its stream with `event: end`, of which the client gets one, when all have ended. */
const SSE: TailFormat = {
  name: 'sse',
  contentType: 'text/event-stream',
  delimiter: Buffer.from('\n\n'),
  relay: (frames, node) => {
    const open = frames.includes('event: end') ? withoutEnd(frames) : frames;
    return node === undefined ? open : open.replaceAll(SSE_EVENT, `data: {"node":${quoted(node)},`);
  },
  lost: (node, reason) => `event: lost\ndata: ${JSON.stringify({ node, reason })}\n\n`,
  end: () => 'event: end\ndata: {"reason":"every session has ended"}\n\n',
};

/** The format that a node's answer is in; undefined when it is none of a live tail. */
export function formatOf(contentType: string | undefined): TailFormat | undefined {
  return [NDJSON, SSE].find((format) => contentType?.startsWith(format.contentType) === true);
}

function withoutEnd(frames: string): string {
  return frames
    .split(/(?<=\n\n)/)
    .filter((frame) => !frame.startsWith('event: end\n'))
    .join('');
}

/** A JSON string in ASCII: frames are handled as bytes, one character each. `$` would mean something to replaceAll. */
function quoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('$', '$$$$');
}
