import { describe, expect, it } from '@jest/globals';
import { BooleanField, IntField, StringField } from '@tracer/dtos';
import fc from 'fast-check';
import { readFields } from './read-fields.js';

class Order {
  @StringField({ maxLength: 5, description: 'what' }) item = '';
  @BooleanField({ description: 'how' }) 'gift-wrap' = false;
  @IntField({ min: 1, max: 9, description: 'how many', optional: true }) count: number | undefined = undefined;
}

const EMPTY = { item: '', 'gift-wrap': false, count: undefined };

describe('readFields', () => {
  it.each([
    [{}, EMPTY],
    [null, EMPTY],
    [
      { ITEM: 'x', 'Gift-Wrap': true, bogus: [1] },
      { item: 'x', 'gift-wrap': true, count: undefined },
    ],
    [{ item: null, count: null }, EMPTY],
    [
      { item: 'a', Item: 'b', count: 3 },
      { item: 'b', 'gift-wrap': false, count: 3 },
    ],
    [JSON.parse('{"__proto__":{"item":"x"},"constructor":1}'), EMPTY],
  ])('reads %j', (value, expected) => {
    expect({ ...readFields(Order, value) }).toEqual(expected);
  });

  it.each([
    [[], 'body: is an array, expected a JSON object'],
    [7, 'body: is 7, expected a JSON object'],
    ['a', 'body: is "a", expected a JSON object'],
    [{ item: 1 }, 'item must be a string, not 1'],
    [{ item: {} }, 'item must be a string, not an object'],
    [{ item: 'toolong' }, 'item must be shorter than or equal to 5 characters, not "toolong"'],
    [{ 'GIFT-WRAP': 'yes' }, 'gift-wrap must be a boolean value, not "yes"'],
    [{ 'gift-wrap': 1 }, 'gift-wrap must be a boolean value, not 1'],
    [{ count: 1.5 }, 'count must be an integer number, not 1.5'],
    [{ count: 1e300 }, 'count must not be greater than 9'],
    [{ count: [2] }, 'count must'],
  ])('refuses %j naming the field', (value, message) => {
    expect(() => readFields(Order, value)).toThrow(expect.objectContaining({ code: 'BODY_MALFORMED' }));
    expect(() => readFields(Order, value)).toThrow(message);
  });

  it('names every wrong field at once', () => {
    expect(() => readFields(Order, { item: 1, count: 'x' })).toThrow(/item must.*; count must/);
  });

  it('never returns anything but valid fields, and throws nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('item', 'COUNT', 'gift-WRAP'), (value, key) => {
        try {
          const { item, count, 'gift-wrap': wrap } = readFields(Order, { [key]: value });
          expect([typeof item, typeof wrap, count === undefined || Number.isInteger(count)]).toEqual([
            'string',
            'boolean',
            true,
          ]);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BODY_MALFORMED' });
        }
      }),
    );
  });
});
