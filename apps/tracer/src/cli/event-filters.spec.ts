import { describe, expect, it } from '@jest/globals';
import { condition, filterQuery, readFilter } from './event-filters.js';
import { Given } from './given.js';

describe('condition', () => {
  it.each([
    ['args.ret=-2', { field: 'args.ret', op: '=', value: -2 }],
    ['args.ret >= 4096', { field: 'args.ret', op: '>=', value: 4096 }],
    ['dur!=1.5', { field: 'dur', op: '!=', value: 1.5 }],
    ['fname=/etc/a=b', { field: 'fname', op: '=', value: '/etc/a=b' }],
    ['name=', { field: 'name', op: '=', value: '' }],
    // A 64-bit hash would lose digits as a number.
    ['args.fhash=12046336058336786775', { field: 'args.fhash', op: '=', value: '12046336058336786775' }],
  ])('reads %s', (text, expected) => {
    expect(condition(text)).toEqual(expected);
  });

  it.each(['', 'ret', '=5', 'a b=1', '~x'])('refuses %p', (text) => {
    expect(() => condition(text)).toThrow(`--where: "${text}" is not a condition`);
  });
});

describe('readFilter', () => {
  it('says what was given in the words of the API, and nothing else', () => {
    const given = new Given(
      { name: ['read', 'a,b'], longer: '5ms', from: '1h', pid: '42', where: ['args.ret=-2'] },
      [],
    );
    expect(filterQuery(readFilter(given, 7_200_000))).toEqual({
      name: ['read', 'a,b'],
      pid: 42,
      ts_min: 3_600_000_000,
      dur_min: 5000,
      filters: '[{"field":"args.ret","op":"=","value":-2}]',
    });
    expect(filterQuery(readFilter(new Given({}, []), 0))).toEqual({});
  });
});
