import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundedBytes, boundedString, boundedText } from './bounded-text.js';
import { ByteTable, FIRST_SEEN } from './byte-table.js';
import { PairCache } from './pair-cache.js';
import { TextCache } from './text-cache.js';
import { decodeLimits, Losses } from '../decode-limits.js';

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe('TextCache', () => {
  it('gives what Buffer.toString gives, however often and in whatever order it is asked', () => {
    const cache = new TextCache();
    const pieces = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 70 }),
        fc.string({ maxLength: 9 }).map((s) => Buffer.from(s)),
      ),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const bytes = Buffer.concat(parts);
        for (let round = 0; round < 3; round++) {
          let at = 0;
          for (const part of parts) {
            expect(cache.text(bytes, viewOf(bytes), at, at + part.length)).toBe(Buffer.from(part).toString());
            at += part.length;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('ByteTable', () => {
  it('lets in who comes twice, and finds it from then on', () => {
    const table = new ByteTable(16, 32);
    const bytes = Buffer.from('peer.service');
    const first = table.find(viewOf(bytes), 0, bytes.length);
    const second = table.find(viewOf(bytes), 0, bytes.length);
    expect([first, second < 0, second === FIRST_SEEN]).toEqual([FIRST_SEEN, true, false]);
    expect(table.claim(bytes, ~second, 0, bytes.length)).toBe(true);
    expect(table.find(viewOf(bytes), 0, bytes.length)).toBe(~second);
  });

  it('does not take a beginning for the whole', () => {
    const table = new ByteTable(1, 32);
    const bytes = Buffer.from('peer.service');
    table.claim(bytes, 0, 0, bytes.length);
    expect(table.find(viewOf(bytes), 0, bytes.length)).toBe(0);
    expect(table.find(viewOf(bytes), 0, bytes.length - 1)).toBeLessThan(0);
  });

  it('tells apart all that differ in one byte', () => {
    const table = new ByteTable(4096, 64);
    const base = Buffer.from('server.address: svc-00.internal.example');
    const claim = (bytes: Buffer): void => {
      table.find(viewOf(bytes), 0, bytes.length);
      const slot = table.find(viewOf(bytes), 0, bytes.length);
      if (slot < 0 && slot !== FIRST_SEEN) table.claim(bytes, ~slot, 0, bytes.length);
    };
    claim(base);
    for (let i = 0; i < base.length; i++) {
      const other = Buffer.from(base);
      other[i] = (other[i] ?? 0) ^ 1;
      expect(table.find(viewOf(other), 0, other.length)).toBeLessThan(0);
    }
    expect(table.find(viewOf(base), 0, base.length)).toBeGreaterThanOrEqual(0);
  });

  it('spreads texts that differ in one place only', () => {
    const table = new ByteTable(4096, 64);
    const slots = new Set<number>();
    for (let i = 0; i < 400; i++) {
      const bytes = Buffer.from(
        `{"key":"server.address","value":"svc-${String(i).padStart(3, '0')}.internal.example"`,
      ).subarray(16, 75);
      table.find(viewOf(bytes), 0, bytes.length);
      slots.add(~table.find(viewOf(bytes), 0, bytes.length));
    }
    expect(slots.size).toBeGreaterThan(360);
  });
});

describe('PairCache', () => {
  it('never keeps a value that can be changed', () => {
    const pairs = new PairCache();
    const bytes = Buffer.from('key and bytes');
    for (let i = 0; i < 3; i++) {
      const slot = pairs.find(viewOf(bytes), 0, bytes.length);
      expect(slot).toBeLessThan(0);
      pairs.keep(bytes, slot, 0, bytes.length, 'k', Uint8Array.of(1));
    }
  });
});

describe('limits of texts', () => {
  const limits = decodeLimits({ valueBytes: 128 });

  it('cut between characters and are counted', () => {
    for (const unit of ['a', 'é', '€', '😀']) {
      const text = `x${unit.repeat(200)}`;
      const bytes = Buffer.from(text);
      const losses = new Losses();
      const cut = boundedText(bytes, viewOf(bytes), 0, bytes.length, limits, losses);
      expect(boundedString(text, limits, losses)).toBe(cut);
      expect(text.startsWith(cut)).toBe(true);
      expect(Buffer.byteLength(cut)).toBeGreaterThan(124);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(128);
      expect([losses.values, losses.valueBytes, losses.any]).toEqual([
        2,
        2 * (bytes.length - Buffer.byteLength(cut)),
        true,
      ]);
    }
  });

  it('leave alone what fits, and copy bytes', () => {
    const losses = new Losses();
    const bytes = Buffer.alloc(128, 'b');
    expect(boundedString('€'.repeat(42), limits, losses)).toBe('€'.repeat(42));
    const copy = boundedBytes(bytes, limits, losses);
    bytes[0] = 0;
    expect([copy[0], copy.length, losses.any]).toEqual([0x62, 128, false]);
    expect(boundedBytes(Buffer.alloc(130), limits, losses).length).toBe(128);
    expect(losses.valueBytes).toBe(2);
  });

  it.each([{ valueBytes: 127 }, { attributes: -1 }, { depth: 0 }, { depth: 501 }, { events: 1.5 }, { links: NaN }])(
    '%j is refused',
    (bad) => {
      expect(() => decodeLimits(bad)).toThrow(`limit ${Object.keys(bad)[0] ?? ''} must be an integer`);
    },
  );
});
