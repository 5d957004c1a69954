/**
 * Puts a window that `GzipStream.packWindow` packed back in its place; the bytes that nobody asks for stay as they are.
 *
 * @param target the 32 KiB before the place where decoding continues
 * @throws RangeError when the bytes are no packed window
 */
export function unpackWindow(packed: Uint8Array, target: Uint8Array): void {
  let at = 2;
  const next = (): number => packed[at++] ?? 0;
  const varint = (): number => {
    let value = next();
    for (let shift = 7; value >> shift; shift += 7) value = (value & ((1 << shift) - 1)) | (next() << shift);
    return value;
  };
  const runs = (packed[0] ?? 0) | ((packed[1] ?? 0) << 8);
  const spans: [start: number, end: number][] = [];
  for (let run = 0, end = 0; run < runs; run++) {
    const start = end + varint();
    end = start + varint();
    spans.push([start, end]);
  }
  for (const [start, end] of spans) {
    if (end > target.length || at + end - start > packed.length) throw new RangeError('not a packed window');
    target.set(packed.subarray(at, at + end - start), start);
    at += end - start;
  }
  if (at !== packed.length) throw new RangeError('not a packed window');
}
