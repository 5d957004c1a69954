import { describe, expect, it } from '@jest/globals';
import {
  choiceParameter,
  flagParameter,
  integerParameter,
  jsonParameter,
  listParameter,
  numberParameter,
  QueryValues,
  requiredNumberParameter,
  textsParameter,
  type Parameter,
} from './parameter.js';

const description = 'x';
const read = <T>(parameter: Parameter<T>, query: string): T => parameter.read(new QueryValues(`/path?${query}`));
const refuses = (parameter: Parameter<unknown>, query: string, message: string): void => {
  expect(() => read(parameter, query)).toThrow(
    expect.objectContaining({ code: 'VALIDATION', message: expect.stringContaining(message) }),
  );
};

describe('parameters', () => {
  const number = numberParameter('n', { description });

  it('read plain decimal numbers and nothing else', () => {
    for (const [text, value] of [
      ['0', 0],
      ['-5', -5],
      ['1.5', 1.5],
      ['2e6', 2e6],
      ['1.7e%2B15', 1.7e15],
      ['1E-3', 0.001],
      ['007', 7],
    ] as const)
      expect([text, read(number, `n=${text}`)]).toEqual([text, value]);
    for (const text of [
      '',
      '+5',
      ' 5',
      '5 ',
      '.5',
      '5.',
      '0x10',
      'inf',
      'NaN',
      '1e999',
      '1,5',
      'abc',
      '3abc',
      '--1',
      '1e',
      '٣',
    ])
      refuses(number, `n=${encodeURIComponent(text)}`, 'Invalid parameter n: expected a plain decimal number');
    expect([read(number, ''), read(number, 'N=5')]).toEqual([undefined, undefined]);
    refuses(number, 'n=1&n=1', 'given more than once');
    refuses(requiredNumberParameter('n', { description }), 'm=1', 'Missing required parameter: n');
  });

  it('read whole numbers within bounds', () => {
    const integer = integerParameter('n', { description, min: 1, max: 1000, fallback: 7 });
    expect([read(integer, ''), read(integer, 'n=1'), read(integer, 'n=1e3')]).toEqual([7, 1, 1000]);
    for (const text of ['0', '1001', '1.5', 'x', ''])
      refuses(integer, `n=${text}`, 'expected a whole number from 1 to 1000');
  });

  it('read lists by comma and by repetition', () => {
    const list = listParameter('n', { description });
    expect([
      read(list, 'n=a,b'),
      read(list, 'n=a&n=b'),
      read(list, 'n=a,b&n=c'),
      read(list, 'n=,'),
      read(list, 'n='),
      read(list, ''),
    ]).toEqual([['a', 'b'], ['a', 'b'], ['a,b', 'a', 'b', 'c'], undefined, undefined, undefined]);
    expect(read(list, 'n=a%2Cb+c%26')).toEqual(['a', 'b c&']);
    expect(read(textsParameter('n', { description }), 'n=a,b&n=&n=c')).toEqual(['a,b', 'c']);
  });

  it('read choices, flags and JSON', () => {
    const choice = choiceParameter('n', { description, choices: ['a', 'b'], fallback: undefined });
    expect([read(choice, 'n=b'), read(choice, '')]).toEqual(['b', undefined]);
    refuses(choice, 'n=constructor', 'expected one of a, b, got "constructor"');
    const flag = flagParameter('n', { description, fallback: true });
    expect(['n=0', 'n=1', 'n=false', 'n=true', ''].map((query) => read(flag, query))).toEqual([
      false,
      true,
      false,
      true,
      true,
    ]);
    refuses(flag, 'n=constructor', 'expected 0 or 1');
    const json = jsonParameter('n', { description });
    expect([read(json, 'n=[1]'), read(json, 'n='), read(json, '')]).toEqual([[1], undefined, undefined]);
    refuses(json, 'n=[', 'expected JSON');
  });

  it('survive any query string', () => {
    for (const query of ['%', '%zz=%', '=', '&&&', 'n', '?n=5', '%00=1', 'n[]=1', 'n[a]=1', '__proto__=1'])
      expect(read(listParameter('m', { description }), query)).toBeUndefined();
    expect(new QueryValues('/no/question').all('n')).toEqual([]);
  });
});
