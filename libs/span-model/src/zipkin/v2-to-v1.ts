import type { Endpoint } from '../endpoint.js';
import type { Span } from '../span.js';
import { V1Original, V1Type, type V1Annotation, type V1BinaryAnnotation, type V1Span } from './v1-span.js';
import {
  byTimeAndValue,
  compare,
  remoteEndpointOf,
  type ZipkinAnnotation,
  type ZipkinKind,
  type ZipkinSpan,
  zipkinSpanOf,
} from './zipkin-span.js';

/** How v1 says begin, end and other side of a span of some kind. */
interface Words {
  readonly begin: string | undefined;
  readonly end: string | undefined;
  readonly address: string;
}
const WORDS: Readonly<Record<ZipkinKind, Words>> = {
  CLIENT: { begin: 'cs', end: 'cr', address: 'sa' },
  SERVER: { begin: 'sr', end: 'ss', address: 'ca' },
  PRODUCER: { begin: 'ms', end: 'ws', address: 'ma' },
  CONSUMER: { begin: 'wr', end: 'mr', address: 'ma' },
};
const KIND_SAID: ReadonlyMap<string, ZipkinKind> = new Map([
  ['cs', 'CLIENT'],
  ['cr', 'CLIENT'],
  ['sr', 'SERVER'],
  ['ss', 'SERVER'],
  ['ms', 'PRODUCER'],
  ['mr', 'CONSUMER'],
]);

const STARTS: ReadonlySet<string> = new Set(['cs', 'sr']);
const ENDS: ReadonlySet<string> = new Set(['cr', 'ss']);

/**
 * A span as v1. Undefined for the spans that another one carries as part of its original. What came as v1 goes as it
 * came; anything else is converted by Zipkin's rules.
 */
export function v1SpanOf(span: Span): V1Span | undefined {
  if (span.v1 === V1Original.continued) return undefined;
  if (span.v1 === undefined) return v1OfZipkin(zipkinSpanOf(span));
  const { traceId, parentId, id, name, debug, v1 } = span;
  return { traceId, parentId, id, name, debug, original: v1 };
}

/** As `v1SpanOf`, but names that came in another format than v1 keep their case, too: the view of ATS. */
export function v1SpanAsSent(span: Span): V1Span | undefined {
  if (span.v1 !== undefined) return v1SpanOf(span);
  const { name, localEndpoint } = span;
  return v1OfZipkin({ ...zipkinSpanOf(span), name, localEndpoint, remoteEndpoint: remoteEndpointOf(span) });
}

/** Zipkin's conversion from v2 to v1. */
export function v1OfZipkin(span: ZipkinSpan): V1Span {
  const { traceId, parentId, id, name, debug } = span;
  const window = windowOf(span);
  const annotations = annotationsOf(span, window);
  // v1 tells a shared span by the lack of its own times.
  const timestampUs = span.shared ? 0n : span.timestampUs;
  const durationUs = span.shared ? 0n : span.durationUs;
  const binary = binaryOf(span, span.localEndpoint, annotations, window.words);
  const original = new V1Original(timestampUs, durationUs, annotations, binary);
  return { traceId, parentId, id, name, debug, original };
}

function annotationsOf(span: ZipkinSpan, { words, startUs, endUs }: Window): V1Annotation[] {
  const endpoint = span.localEndpoint;
  const begin = startUs === 0n ? undefined : words?.begin;
  const end = endUs === 0n ? undefined : words?.end;
  const annotations: V1Annotation[] = [];
  if (begin !== undefined) annotations.push({ timestampUs: startUs, value: begin, endpoint });
  for (const { timestampUs, value } of span.annotations) {
    if (value !== begin && value !== end) annotations.push({ timestampUs, value, endpoint });
  }
  if (end !== undefined) annotations.push({ timestampUs: endUs, value: end, endpoint });
  return annotations.sort(byTimeAndValue);
}

function binaryOf(
  span: ZipkinSpan,
  local: Endpoint | undefined,
  annotations: readonly V1Annotation[],
  words: Words | undefined,
): V1BinaryAnnotation[] {
  const binary = span.tags.map(([key, value]): V1BinaryAnnotation => ({
    key,
    value,
    type: V1Type.string,
    endpoint: local,
  }));
  if (annotations.length === 0 && binary.length === 0 && local !== undefined) {
    binary.push({ key: 'lc', value: '', type: V1Type.string, endpoint: local });
  }
  if (span.remoteEndpoint !== undefined) {
    binary.push({ key: words?.address ?? 'sa', value: true, type: V1Type.bool, endpoint: span.remoteEndpoint });
  }
  return binary.sort((a, b) => compare(a.key, b.key));
}

interface Window {
  readonly words: Words | undefined;
  /** 0n when unknown. */
  readonly startUs: bigint;
  readonly endUs: bigint;
}

/** Kind and times, where annotations left over from v1 may know better. */
function windowOf(span: ZipkinSpan): Window {
  const kind = kindSaid(span);
  const startUs = span.timestampUs;
  const endUs = startUs !== 0n && span.durationUs !== 0n ? startUs + span.durationUs : 0n;
  if (kind === 'PRODUCER' || kind === 'CONSUMER') return messageWindow(span, kind, startUs, endUs);
  const { annotations } = span;
  return {
    words: kind === undefined ? undefined : WORDS[kind],
    startUs: annotations.reduce((us, a) => (STARTS.has(a.value) && a.timestampUs < us ? a.timestampUs : us), startUs),
    endUs: annotations.reduce((us, a) => (ENDS.has(a.value) && a.timestampUs > us ? a.timestampUs : us), endUs),
  };
}

/** The last annotation that implies a kind decides. */
function kindSaid(span: ZipkinSpan): ZipkinKind | undefined {
  const said = span.annotations.findLast((annotation) => KIND_SAID.has(annotation.value));
  return said === undefined ? span.kind : KIND_SAID.get(said.value);
}

function messageWindow(span: ZipkinSpan, kind: 'PRODUCER' | 'CONSUMER', startUs: bigint, endUs: bigint): Window {
  const [beginWord, endWord] = kind === 'PRODUCER' ? (['ms', 'ws'] as const) : (['wr', 'mr'] as const);
  const began = lastOf(span.annotations, beginWord);
  const ended = lastOf(span.annotations, endWord);
  const start = startUs === 0n || (began !== 0n && began < startUs) ? began : startUs;
  const end = endUs === 0n || ended > endUs ? ended : endUs;
  // A consumer of which only one time is known says "mr".
  const alone = kind === 'CONSUMER' && end === 0n && began === 0n;
  return {
    words: alone ? { ...WORDS.CONSUMER, begin: 'mr', end: undefined } : WORDS[kind],
    startUs: start,
    endUs: end,
  };
}

function lastOf(annotations: readonly ZipkinAnnotation[], value: string): bigint {
  return annotations.findLast((annotation) => annotation.value === value)?.timestampUs ?? 0n;
}
