/** Go's sniffer looks at so many bytes. */
const SNIFFED_BYTES = 512;

/**
 * The content type that Go's `http.DetectContentType` gives a text that begins with `[`: text unless one of its first
 * bytes is a control character that texts do not have (WHATWG MIME Sniffing, "binary data byte").
 */
export function sniffedContentType(text: Buffer): string {
  const isBinary = text
    .subarray(0, SNIFFED_BYTES)
    .some((byte) => byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f));
  return isBinary ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}
