import { describe, expect, it } from '@jest/globals';
import { IdError, lowTraceId, normalizeParentId, normalizeSpanId, normalizeTraceId } from './span-ids.js';

const refused = (normalize: (text: string) => unknown, text: string): string => {
  try {
    return `accepted as ${String(normalize(text))}`;
  } catch (error) {
    return error instanceof IdError ? error.message : `threw ${String(error)}`;
  }
};

describe('trace ids', () => {
  it.each([
    ['7', '0000000000000007'],
    ['beef', '000000000000beef'],
    ['0123456789abcdef', '0123456789abcdef'],
    ['10123456789abcdef', '00000000000000010123456789abcdef'],
    ['123456789abcdef0123456789abcdef', '0123456789abcdef0123456789abcdef'],
    ['0123456789abcdef0123456789abcdef', '0123456789abcdef0123456789abcdef'],
    ['00000000000000000123456789abcdef', '0123456789abcdef'],
    ['01230000000000000000000000000000', '01230000000000000000000000000000'],
  ])('%s becomes %s', (text, canonical) => {
    expect(normalizeTraceId(text)).toBe(canonical);
    expect(normalizeTraceId(canonical)).toBe(canonical);
  });

  it.each([
    ['', 'traceId is empty'],
    ['BEEF', 'BEEF should be lower-hex encoded with no prefix'],
    ['0xbeef', '0xbeef should be lower-hex encoded with no prefix'],
    ['0123-4567', '0123-4567 should be lower-hex encoded with no prefix'],
    ['0000000000000000', 'traceId is all zeros'],
    ['0', 'traceId is all zeros'],
    ['00000000000000000000000000000000', 'traceId is all zeros'],
    ['1'.repeat(33), 'traceId.length > 32'],
    ['beef\n', 'beef\n should be lower-hex encoded with no prefix'],
    [' beef', ' beef should be lower-hex encoded with no prefix'],
  ])('%j is refused', (text, message) => {
    expect(refused(normalizeTraceId, text)).toBe(message);
  });

  it('are grouped by their lower half', () => {
    expect(lowTraceId('00000000000000010123456789abcdef')).toBe('0123456789abcdef');
    expect(lowTraceId('0123456789abcdef')).toBe('0123456789abcdef');
  });
});

describe('span ids', () => {
  it('are filled up to 16 digits', () => {
    expect([normalizeSpanId('c'), normalizeParentId('c')]).toEqual(['000000000000000c', '000000000000000c']);
  });

  it('a parent of zeros is none, an id of zeros is refused', () => {
    expect(normalizeParentId('0000000000000000')).toBeUndefined();
    expect(refused(normalizeSpanId, '0000000000000000')).toBe('id is all zeros');
  });

  it.each([
    ['', 'is empty'],
    ['1'.repeat(17), '.length > 16'],
  ])('%j is refused', (text, message) => {
    expect(refused(normalizeSpanId, text)).toContain(message);
    expect(refused(normalizeParentId, text)).toContain(`parentId${message.startsWith('.') ? '' : ' '}${message}`);
  });

  it.each(['G', 'C0', 'é'])('%s is not lower hex', (text) => {
    expect(refused(normalizeSpanId, text)).toBe(`${text} should be lower-hex encoded with no prefix`);
  });
});
