import { readFileSync, writeFileSync } from 'node:fs';

const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url);

/** Replaces what stands between `<!-- begin section -->` and `<!-- end section -->` in docs/reliability.md. */
export function writeSection(section, text) {
  const [begin, end] = [`<!-- begin ${section} -->`, `<!-- end ${section} -->`];
  const document = readFileSync(DOCUMENT, 'utf8');
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has no section "${section}"`);
  writeFileSync(DOCUMENT, `${document.slice(0, from)}${begin}\n\n${text}\n\n${document.slice(to)}`);
}
