import { expect, it } from '@jest/globals';
import { wireEvents } from './wire-events.js';

it('reads the published form, times of nanoseconds exact and absent fields zero', () => {
  const json = `[
    {"type":1,"event":{"base":{"tso":1795270496093000001,"traceID":"a"},"state":{"lastPos":{"name":"f","pos":1}},"opType":2}},
    {"type":2,"event":{"base":{"traceID":"a","groupID":"g"},"sql":"UPDATE \\u003cb\\u003e","state":3}},
    {"type":2,"event":{"opType":99}}
  ]`;
  expect(wireEvents(json)).toEqual([
    {
      seq: 1,
      receivedAtUs: 0,
      type: 'binlog',
      tso: '1795270496093000001',
      traceId: 'a',
      opType: 2,
      op: 'update',
      position: { name: 'f', pos: 1 },
    },
    {
      seq: 2,
      receivedAtUs: 0,
      type: 'job',
      tso: '0',
      traceId: 'a',
      groupId: 'g',
      opType: 0,
      jobState: 3,
      state: 'error',
      sql: 'UPDATE <b>',
    },
    { seq: 3, receivedAtUs: 0, type: 'job', tso: '0', traceId: '', opType: 99, jobState: 0, state: 'init' },
  ]);
});
