import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Numbers that are the same in every run and compress badly. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed >>> 0 || 1; ;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** Text of a trace of so many events, with names `op0` to `op9`. */
export function traceText(events: number, seed = 1): string {
  const random = numbers(seed);
  const lines = ['['];
  for (let at = 0; at < events; at++) {
    const args = `{"ret":${random.next().value % 4096},"key":"${random.next().value.toString(36)}${random.next().value.toString(36)}"}`;
    const dur = random.next().value % 500;
    lines.push(
      `{"id":${at},"name":"op${at % 10}","cat":"POSIX","pid":${1 + (at % 4)},"tid":${1 + (at % 16)},"ts":${1_795_000_000_000_000 + at * 10},"dur":${dur},"ph":"X","args":${args}}`,
    );
  }
  return [...lines, ']', ''].join('\n');
}

/** Writes a compressed trace into a directory. Large enough for an index from about 40 000 events on. */
export function writeTrace(directory: string, name: string, events: number, seed?: number): void {
  writeFileSync(join(directory, name), gzipSync(traceText(events, seed), { level: 1 }));
}
