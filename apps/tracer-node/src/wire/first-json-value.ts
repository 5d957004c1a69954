import { TracerError } from '@tracer/base';

const MARK = /["[\]{}]/g;
const QUOTE_OR_ESCAPE = /["\\]/g;

/**
 * Reads the first JSON value of a body and ignores whatever follows it, as clients of the published agent may rely on.
 * The content type is not looked at; bytes that are not UTF-8 become replacement characters.
 * Throws BODY_MALFORMED saying what is wrong.
 */
export function firstJsonValue(body: Buffer): unknown {
  const text = body.toString('utf8');
  const start = text.search(/[^ \t\r\n]/);
  if (start < 0) throw new TracerError('BODY_MALFORMED', 'body: is empty, expected a JSON object');
  const end = endOfValue(text, start);
  if (end === undefined)
    throw new TracerError('BODY_MALFORMED', `body: ends after ${text.length} characters, within a JSON value`);
  try {
    return JSON.parse(text.slice(start, end));
  } catch (error) {
    // The parser quotes the whole text in some messages; what comes before the quotation says enough.
    const [reason = ''] = (error as Error).message.split(/, "|\.\.\. "/);
    throw new TracerError('BODY_MALFORMED', `body: ${reason.slice(0, 200)}`);
  }
}

/** Where the value that begins at `start` ends, undefined if it does not. Whether it is well-formed is for the parser. */
function endOfValue(text: string, start: number): number | undefined {
  const first = text.charAt(start);
  if (first === '"') return endOfText(text, start);
  if (first === '{' || first === '[') return endOfBrackets(text, start);
  const length = text.slice(start).search(/[ \t\r\n]/);
  return length < 0 ? text.length : start + length;
}

function endOfBrackets(text: string, start: number): number | undefined {
  let depth = 0;
  let at: number | undefined = start;
  while (at !== undefined) {
    MARK.lastIndex = at;
    const mark = MARK.exec(text);
    if (mark === null) return undefined;
    const [character] = mark;
    if (character === '"') {
      at = endOfText(text, mark.index);
      continue;
    }
    depth += character === '{' || character === '[' ? 1 : -1;
    at = mark.index + 1;
    if (depth === 0) return at;
  }
  return undefined;
}

/** Where the quoted text that opens at `start` is closed. */
function endOfText(text: string, start: number): number | undefined {
  QUOTE_OR_ESCAPE.lastIndex = start + 1;
  for (;;) {
    const found = QUOTE_OR_ESCAPE.exec(text);
    if (found === null) return undefined;
    if (found[0] === '"') return found.index + 1;
    QUOTE_OR_ESCAPE.lastIndex = found.index + 2;
  }
}
