import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventArray } from './event-array.js';

const META = '{"name":"FH","ph":"M"}';
const isMeta = (line: string): boolean => line === META;

/** Lines cut into blocks, as an array. */
function arrayOf(
  blocks: readonly (readonly string[])[],
  originUs: number | undefined,
  limit: number,
): { text: string; array: EventArray } {
  const array = new EventArray(originUs, limit);
  const pieces: Buffer[] = [];
  for (const lines of blocks) {
    if (array.truncated) break;
    const events = lines.filter((line) => !isMeta(line)).length;
    pieces.push(...array.add({ bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')), events }));
  }
  return { text: `[${Buffer.concat(pieces).toString()}]`, array };
}

/** The same, obviously: no metadata behind the last event, none of what the limit cuts. */
function expected(lines: readonly string[], originUs: number, limit: number): { shown: unknown[]; truncated: boolean } {
  const shown: unknown[] = [];
  let [held, events]: [string[], number] = [[], 0];
  for (const line of lines) {
    if (isMeta(line)) {
      held.push(line);
      continue;
    }
    if (events++ === limit) return { shown, truncated: true };
    const record = JSON.parse(line) as { ts: number };
    shown.push(...held.map((text) => JSON.parse(text) as unknown), { ...record, ts: record.ts - originUs });
    held = [];
  }
  return { shown, truncated: false };
}

describe('EventArray', () => {
  const line = fc.oneof(
    fc.constant(META),
    fc.integer({ min: 100, max: 200 }).map((ts) => `{"ts":${ts}}`),
  );
  const blocks = fc.array(fc.array(line, { maxLength: 6 }), { maxLength: 6 });

  it('shows the events up to the limit and what belongs to them, however the lines come', () => {
    fc.assert(
      fc.property(
        blocks,
        fc.constantFrom(0, 100, undefined),
        fc.integer({ min: 1, max: 12 }),
        (all, originUs, limit) => {
          // A selection never ends in metadata: records come before the event that needs them.
          const lines = all.flat();
          while (lines.length > 0 && isMeta(lines.at(-1) ?? '')) lines.pop();
          const cut = all.map((part) => part.slice());
          for (let part = cut.at(-1); part !== undefined; part = cut.at(-1)) {
            while (isMeta(part.at(-1) ?? '')) part.pop();
            if (part.length > 0) break;
            cut.pop();
          }
          const { text, array } = arrayOf(cut, originUs, limit);
          const { shown, truncated } = expected(lines, originUs ?? 0, limit);
          expect([JSON.parse(text), array.truncated, array.count]).toEqual([shown, truncated, shown.length]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes an origin that is no whole number', () => {
    expect(JSON.parse(arrayOf([['{"ts":100}', '{"ts":101.75}']], 99.5, Infinity).text)).toEqual([
      { ts: 0.5 },
      { ts: 2.25 },
    ]);
  });
});
