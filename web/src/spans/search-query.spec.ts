import { expect, it } from '@jest/globals';
import { lookbackUs } from './lookback.js';
import { searchOf } from './search-query.js';

const NOW_US = 1_795_000_000_000_000;
const search = (query: string): ReturnType<typeof searchOf> => searchOf(new URLSearchParams(query), NOW_US);

it('reads every part of a search from an address', () => {
  expect(
    search('service=shop&name=get+/&kind=SERVER&status=error&min=5ms&max=1s&where=a%3E1&sort=duration&back=1h'),
  ).toEqual({
    problems: {},
    body: {
      service: 'shop',
      name: 'get /',
      kind: 'SERVER',
      status: 'error',
      minDurationUs: 5000,
      maxDurationUs: 1_000_000,
      attributes: [{ key: 'a', op: '>', value: '1' }],
      fromUs: NOW_US - 3_600_000_000,
      toUs: NOW_US,
      sort: 'duration',
      limit: 50,
    },
  });
});

it('sends alternatives as such', () => {
  expect(search('where=a%3E1+or+b%3D2').body).toMatchObject({
    anyOf: [{ attributes: [{ key: 'a', op: '>', value: '1' }] }, { attributes: [{ key: 'b', op: '=', value: '2' }] }],
  });
  expect(search('where=a%3E1+or+b%3D2').body).not.toHaveProperty('attributes');
});

it('takes a fixed time over a lookback, and a day when nothing is said', () => {
  expect(search('from=5&to=9&back=1h').body).toMatchObject({ fromUs: 5, toUs: 9 });
  expect(search('from=5&to=soon').body).toMatchObject({ fromUs: NOW_US - 86_400e6, toUs: NOW_US });
  expect([lookbackUs('15m'), lookbackUs('nonsense')]).toEqual([900e6, 86_400e6]);
});

it('says what it cannot read', () => {
  expect(search('min=fast&max=&where=a').problems).toEqual({
    min: 'a duration such as 5ms, 1.5s or 20us',
    where: 'one of = != ~ > < after a is missing at character 2',
  });
});
