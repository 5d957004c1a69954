import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventFormat, type FieldFormat } from './event-format.js';
import { RawEvent } from './raw-event.js';

const field = (name: string, offset: number, size: number, more: Partial<FieldFormat> = {}): FieldFormat => ({
  name,
  type: 'x',
  offset,
  size,
  signed: false,
  kind: 'int',
  elementSize: size,
  locatedFrom: undefined,
  ...more,
});

const FORMAT = new EventFormat('g/e', 7, [
  field('u8', 8, 1),
  field('s8', 9, 1, { signed: true }),
  field('u16', 10, 2),
  field('s16', 12, 2, { signed: true }),
  field('u32', 16, 4),
  field('s32', 20, 4, { signed: true }),
  field('u64', 24, 8),
  field('s64', 32, 8, { signed: true }),
  field('args', 40, 16, { elementSize: 8 }),
  field('comm', 56, 8, { kind: 'text', elementSize: 1 }),
  field('name', 64, 4, { kind: 'text', locatedFrom: 0 }),
  field('path', 68, 4, { kind: 'text', locatedFrom: 72 }),
  field('open', 72, 0, { kind: 'text', elementSize: 0 }),
]);

function eventOf(fill: (record: Buffer) => void, length = 100): RawEvent {
  const event = new RawEvent();
  event.page = Buffer.alloc(200, 0x41);
  event.offset = 8;
  event.length = length;
  event.format = FORMAT;
  event.page.fill(0, 8, 8 + length);
  fill(event.page.subarray(8));
  return event;
}

describe('RawEvent', () => {
  it('reads integers of every width and sign', () => {
    const event = eventOf((record) => record.fill(0xff, 8, 56));
    expect(['u8', 's8', 'u16', 's16', 'u32', 's32', 's64'].map((name) => event.int(name))).toEqual([
      0xff, -1, 0xffff, -1, 0xffffffff, -1, -1,
    ]);
  });

  it('writes 64 bits exactly, in quotes where a double would round, and as pointers', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        const event = eventOf((record) => {
          record.writeBigUInt64LE(value, 24);
          record.writeBigUInt64LE(value, 32);
          record.writeBigUInt64LE(value, 48);
        });
        const signed = BigInt.asIntN(64, value);
        const unquoted = (text: string): string => text.replace(/"/g, '');
        expect([unquoted(event.json('u64')), unquoted(event.json('s64'))]).toEqual([`${value}`, `${signed}`]);
        expect(event.json('u64').startsWith('"')).toBe(value > 2n ** 53n - 1n);
        expect([event.hex('u64'), event.hex('args', 1)]).toEqual(Array(2).fill(`0x${value.toString(16)}`));
        expect(event.int('args', 1)).toBe(Number(value));
      }),
    );
  });

  it('shows a negative narrow number as its bits', () => {
    expect(eventOf((record) => record.writeInt32LE(-100, 20)).hex('s32')).toBe('0xffffff9c');
  });

  it('cuts text at its NUL, wherever it lies', () => {
    const event = eventOf((record) => {
      record.write('ünder\0x', 56);
      record.writeUInt32LE(80 + (6 << 16), 64);
      record.write('hello\0', 80);
      record.writeUInt32LE(14 + (4 << 16), 68);
      record.write('way\0', 86);
    });
    expect(['comm', 'name', 'path'].map((name) => event.text(name))).toEqual(['ünder', 'hello', 'way']);
  });

  it('reads an open array up to the end of the record', () => {
    const event = eventOf((record) => record.write('marker', 72), 78);
    expect([event.text('open'), event.bytes('open').length]).toEqual(['marker', 6]);
  });

  it('has no text for a place outside of the record', () => {
    const event = eventOf((record) => record.writeUInt32LE(90 + (20 << 16), 64));
    expect(event.text('name')).toBe('');
  });
});
