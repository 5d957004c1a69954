import { MAX_LINE_BYTES, type FileFacts, type FileIdentity, type FileProblem } from '../query/file-facts.js';
import { SummaryBuilder, type FileSummary } from '../query/file-summary.js';
import { TraceRecord } from '../query/trace-record.js';
import { LineSplitter } from './line-splitter.js';
import type { RawText } from './raw-text.js';

export interface Scan {
  readonly facts: FileFacts;
  readonly summary: FileSummary;
}

/**
 * Reads a whole file once: how much of it can be served, what it holds, what is skipped.
 *
 * @param openText makes the text anew: a damaged file is read twice, because what stands before the damage is only known
 *   once the damage is found
 */
export async function scanFile(
  format: FileFacts['format'],
  identity: FileIdentity,
  openText: () => RawText,
  signal: AbortSignal,
): Promise<Scan> {
  const text = openText();
  const first = await readAll(text, Infinity, signal);
  const served = text.problem?.kind === 'damaged' ? await readAll(openText(), text.verifiedBytes, signal) : first;
  return finish(format, identity, served, text);
}

/** What one pass over the text found. */
class Pass {
  events = 0;
  metadataRecords = 0;
  invalidLines = 0;
  textBytes = 0;
  readonly summary = new SummaryBuilder();
  readonly #record = new TraceRecord();
  readonly lines = new LineSplitter(MAX_LINE_BYTES, (bytes, start, end) => {
    this.#line(bytes, start, end);
    return true;
  });

  #line(bytes: Buffer, start: number, end: number): void {
    const kind = this.#record.read(bytes, start, end);
    if (kind === 'invalid') this.invalidLines++;
    if (kind !== 'record') return;
    if (this.#record.isMetadata) {
      this.metadataRecords++;
      return;
    }
    this.events++;
    this.summary.add(this.#record);
  }
}

async function readAll(text: RawText, limitBytes: number, signal: AbortSignal): Promise<Pass> {
  const pass = new Pass();
  if (limitBytes === 0) return pass;
  for await (const chunk of text.chunks()) {
    signal.throwIfAborted();
    const wanted = chunk.subarray(0, limitBytes - pass.textBytes);
    pass.textBytes += wanted.length;
    pass.lines.push(wanted);
    if (pass.textBytes >= limitBytes) break;
  }
  return pass;
}

function finish(format: FileFacts['format'], identity: FileIdentity, pass: Pass, text: RawText): Scan {
  const { lines } = pass;
  const { problem } = text;
  const tail = problem === undefined || problem.kind === 'garbage' ? lastLine(format, pass) : lines.pendingBytes;
  const complete = tail === undefined;
  const tailBytes = tail ?? 0;
  const facts: FileFacts = {
    identity,
    format,
    complete,
    problem: problem ?? (complete ? undefined : unfinished(identity)),
    members: text.members,
    usableBytes: pass.textBytes - tailBytes,
    lines: lines.newlines,
    events: pass.events,
    metadataRecords: pass.metadataRecords,
    skipped: {
      invalidLines: pass.invalidLines,
      oversizedLines: lines.oversizedLines,
      tailBytes,
      garbageBytes: text.garbageBytes,
    },
    checkpoints: 0,
    indexed: false,
  };
  return { facts, summary: pass.summary.summary() };
}

/**
 * The bytes behind the last newline of a file that ends as it should: they are a line (`undefined`), unless a plain file
 * stops in the middle of one, which is how a plain file that is still being written looks: then their number.
 */
function lastLine(format: FileFacts['format'], pass: Pass): number | undefined {
  const { lines, invalidLines } = pass;
  const { pendingBytes, oversizedLines } = lines;
  lines.flush();
  if (format === 'gzip' || (pass.invalidLines === invalidLines && lines.oversizedLines === oversizedLines))
    return undefined;
  pass.invalidLines = invalidLines;
  lines.oversizedLines = oversizedLines;
  return pendingBytes;
}

function unfinished(identity: FileIdentity): FileProblem {
  return { kind: 'truncated', atByte: identity.sizeBytes, message: 'ends inside a line' };
}
