import { describe, expect, it } from '@jest/globals';
import { Attributes, Resource, Span } from '@tracer/span-model';
import { conditionHolds, wishHolds, type AttributeCondition, type AttributeWish } from './attribute-condition.js';
import { cursorText, readCursor } from './search-cursor.js';

const span = new Span('otlp', '1'.repeat(32), '2'.repeat(16)).with({
  attributes: Attributes.of([
    ['text', 'Hello'],
    ['count', 70n],
    ['large', 9_007_199_254_740_993n],
    ['rate', 0.5],
    ['on', true],
    ['list', ['a', 1n]],
    ['number text', '12'],
    ['empty', undefined],
    ['both', 'span'],
  ]),
  resource: new Resource(
    Attributes.of([
      ['host', 'h1'],
      ['both', 'resource'],
    ]),
  ),
});

const yes: AttributeCondition = { key: 'text', op: '=', value: 'Hello' };
const no: AttributeCondition = { key: 'text', op: '=', value: 'Bye' };

describe('wishHolds', () => {
  it.each<[string, AttributeWish, boolean]>([
    ['nothing', {}, true],
    ['no alternatives', { anyOf: [] }, true],
    ['all', { attributes: [yes, yes] }, true],
    ['all but one', { attributes: [yes, no] }, false],
    ['one of the alternatives', { anyOf: [{ attributes: [no] }, { attributes: [yes] }] }, true],
    ['none of them', { anyOf: [{ attributes: [no] }, { attributes: [yes, no] }] }, false],
    ['an alternative, but not the rest', { attributes: [no], anyOf: [{ attributes: [yes] }] }, false],
    ['both', { attributes: [yes], anyOf: [{ attributes: [no] }, { attributes: [yes, yes] }] }, true],
  ])('%s', (_, wish, expected) => {
    expect(wishHolds(span, wish)).toBe(expected);
  });
});

describe('conditionHolds', () => {
  it.each<[string, AttributeCondition['op'], string, boolean]>([
    ['text', '=', 'Hello', true],
    ['text', '=', 'hello', false],
    ['text', '~', 'ELL', true],
    ['text', '!=', 'Hello', false],
    ['text', '!=', 'x', true],
    ['text', '>', '1', false],
    ['absent', '!=', 'x', true],
    ['absent', '=', '', false],
    ['absent', '~', '', false],
    ['absent', '<', '1', false],
    ['count', '=', '70', true],
    ['count', '>', '69.5', true],
    ['count', '<', '70', false],
    ['count', '>', 'x', false],
    ['large', '=', '9007199254740993', true],
    ['rate', '<', '1', true],
    ['on', '=', 'true', true],
    ['list', '=', '["a",1]', true],
    ['number text', '>', '9', true],
    ['empty', '=', '', true],
    ['host', '=', 'h1', true],
    ['both', '=', 'span', true],
    ['both', '=', 'resource', false],
  ])('%s %s %j: %j', (key, op, value, holds) => {
    expect(conditionHolds(span, { key, op, value })).toBe(holds);
  });
});

describe('readCursor', () => {
  it('reads what cursorText wrote', () => {
    const cursor = { order: 'slowest', position: { key: -1, seq: '12' }, toUs: 9, tied: ['a'] } as const;
    expect(readCursor(cursorText(cursor), 'slowest')).toEqual(cursor);
    expect(() => readCursor(cursorText(cursor), 'newest')).toThrow('cursor is not one of this search');
  });

  it.each(['', 'x', '{}', '["newest",1,"1; DROP",2,[]]', '["newest",1.5,"1",2,[]]', '["newest",1,"1",2,"a"]'])(
    'refuses %j',
    (json) => {
      const text = Buffer.from(json).toString('base64url');
      expect(() => readCursor(text, 'newest')).toThrow('cursor is not one of this search');
    },
  );
});
