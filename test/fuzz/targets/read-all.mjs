/** All lines of a selection, metadata left out. */
export async function readAll(file, filter) {
  const blocks = [];
  const { signal } = new AbortController();
  for await (const { bytes } of file.select(filter, { metadata: 'none' }, signal)) blocks.push(bytes);
  return Buffer.concat(blocks);
}
