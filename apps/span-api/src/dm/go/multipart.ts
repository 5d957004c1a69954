/**
 * Fields of a `multipart/form-data` body (RFC 7578) in latin1, without files. Nothing when the body has no boundary, does
 * not end with the closing one, or a part has no header block: Go's parser gives up on the whole body then.
 *
 * ```
 *   --boundary CRLF header CRLF … CRLF CRLF value CRLF --boundary … --boundary--
 * ```
 */
export function parseMultipart(body: Buffer, contentType: string): [name: string, value: string][] {
  const boundary = parameterOf(contentType, 'boundary');
  if (boundary === undefined || boundary === '') return [];
  const text = body.toString('latin1');
  const delimiter = `--${boundary}`;
  // The delimiter stands at the beginning of a line, the first one also at the very beginning.
  const pieces = `\r\n${text}`.split(new RegExp(`\r?\n${escaped(delimiter)}`));
  const parts: [string, string][] = [];
  for (const piece of pieces.slice(1)) {
    if (piece.startsWith('--')) return parts;
    const part = /^[ \t]*\r?\n([^]*?)\r?\n\r?\n([^]*)$/.exec(piece);
    if (part === null) return [];
    const [, head = '', value = ''] = part;
    const name = fieldName(head);
    if (name !== undefined) parts.push([name, value]);
  }
  return [];
}

/** The name of a form field; undefined for files and other parts. */
function fieldName(head: string): string | undefined {
  const [, disposition = ''] = /^content-disposition:[ \t]*(.*)$/im.exec(head) ?? [];
  if (!/^form-data\b/i.test(disposition) || parameterOf(disposition, 'filename') !== undefined) return undefined;
  return parameterOf(disposition, 'name');
}

/** A parameter of a header value, as a token or in quotes. */
function parameterOf(value: string, name: string): string | undefined {
  const [, quoted, token] = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]*))`, 'i').exec(value) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? token;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
