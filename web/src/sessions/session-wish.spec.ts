import { expect, it } from '@jest/globals';
import { wishOf } from './session-wish.js';

it('reads the whole session from an address', () => {
  const query = 'pod=shop-*&container=web&hook=native%2Ftrace_exec&args=+-T+&context=why&seconds=1.5&events=10&mib=2';
  expect(wishOf(new URLSearchParams(query))).toEqual({
    pod: 'shop-*',
    container: 'web',
    'trace-hook': 'native/trace_exec',
    'trace-arguments': '-T',
    'trace-user-context': 'why',
    'time-limit-ms': 1500,
    'event-limit': 10,
    'byte-limit': 2_097_152,
  });
});

it('leaves out what is not said or no number', () => {
  expect(wishOf(new URLSearchParams('seconds=soon&events=-4&mib='))).toEqual({
    pod: '',
    container: '*',
    'trace-hook': '',
  });
});
