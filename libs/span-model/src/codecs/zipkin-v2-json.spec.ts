import { describe, expect, it } from '@jest/globals';
import { DecodeError } from '../decode-error.js';
import { encodeZipkinV2Json } from './zipkin-json-writer.js';
import { decodeZipkinV2Json } from './zipkin-v2-json.js';

const ID = '00000000000000aa';
const decode = (json: string | Buffer): ReturnType<typeof decodeZipkinV2Json> => decodeZipkinV2Json(Buffer.from(json));
/** One span with these members besides its ids, normalised. */
const normal = (members: string): Record<string, unknown> => {
  const { spans } = decode(`[{"traceId":"${ID}","id":"${ID}"${members === '' ? '' : ','}${members}}]`);
  const [{ traceId, id, ...rest }] = JSON.parse(encodeZipkinV2Json(spans).toString()) as [Record<string, unknown>];
  expect([traceId, id]).toEqual([ID, ID]);
  return rest;
};
const failure = (json: string): DecodeError => {
  try {
    decode(json);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error(`accepted ${json}`);
};

describe('Zipkin v2 JSON', () => {
  it.each([
    ['nothing but ids', '', {}],
    [
      'names in lower case',
      '"name":"GET /Users","localEndpoint":{"serviceName":"Shop"}',
      { name: 'get /users', localEndpoint: { serviceName: 'shop' } },
    ],
    ['an empty name is none', '"name":"","localEndpoint":{"serviceName":""}', {}],
    [
      'null members are absent',
      '"name":null,"parentId":null,"tags":null,"kind":null,"annotations":null,"debug":null',
      {},
    ],
    ['a parent of zeros', '"parentId":"0000000000000000"', {}],
    ['its own parent', `"parentId":"${ID}"`, {}],
    ['a short parent', '"parentId":"c"', { parentId: '000000000000000c' }],
    ['times of zero or less', '"timestamp":0,"duration":-5', {}],
    ['times in text', '"timestamp":"1600000000000000","duration":"12"', { timestamp: 1600000000000000, duration: 12 }],
    [
      'times with an exponent or an empty fraction',
      '"timestamp":1.6e15,"duration":12.0',
      { timestamp: 1600000000000000, duration: 12 },
    ],
    ['a number as a name, letter for letter', '"name":1.50', { name: '1.50' }],
    ['a number as a tag', '"tags":{"n":1,"m":1.0e2}', { tags: { m: '1.0e2', n: '1' } }],
    ['tags by key', '"tags":{"b":"2","a":"1","":"0"}', { tags: { '': '0', a: '1', b: '2' } }],
    ['the later of two tags', '"tags":{"a":"1","b":"2","a":"3"}', { tags: { a: '3', b: '2' } }],
    ['two lists of tags add up', '"tags":{"a":"1"},"tags":{"b":"2"}', { tags: { a: '1', b: '2' } }],
    ['the later of two members', '"name":"a","name":"b"', { name: 'b' }],
    [
      'annotations by time and value, once',
      '"annotations":[{"timestamp":2,"value":"b"},{"value":"z","timestamp":1},{"timestamp":2,"value":"b"},{"timestamp":2,"value":"a"}]',
      {
        annotations: [
          { timestamp: 1, value: 'z' },
          { timestamp: 2, value: 'a' },
          { timestamp: 2, value: 'b' },
        ],
      },
    ],
    ['an endpoint of which nothing is left', '"localEndpoint":{},"remoteEndpoint":{"ipv4":"nonsense","port":0}', {}],
    ['an embedded IPv4 address', '"localEndpoint":{"ipv6":"::ffff:1.2.3.4"}', { localEndpoint: { ipv4: '1.2.3.4' } }],
    ['an address under the wrong name', '"localEndpoint":{"ipv4":"::1"}', { localEndpoint: { ipv6: '::1' } }],
    ['a negative port', '"localEndpoint":{"port":-1,"serviceName":"a"}', { localEndpoint: { serviceName: 'a' } }],
    ['a port in text', '"localEndpoint":{"port":"80"}', { localEndpoint: { port: 80 } }],
    ['a client is not shared', '"kind":"CLIENT","shared":true', { kind: 'CLIENT' }],
    ['a server may be', '"shared":true,"kind":"SERVER","debug":true', { kind: 'SERVER', debug: true, shared: true }],
    ['false flags', '"shared":false,"debug":false', {}],
    [
      'members that it does not know',
      '"x":{"y":[1,{"z":null}]},"localEndpoint":{"serviceName":"a","zone":"b"}',
      { localEndpoint: { serviceName: 'a' } },
    ],
    [
      'escapes, also in keys',
      '"n\\u0061me":"a\\n\\u00e9\\ud83d\\ude00","tags":{"\\u0061":"\\u0000"}',
      { name: 'a\né😀', tags: { a: '\0' } },
    ],
    [
      'braces inside of the names of services',
      '"localEndpoint":{"serviceName":"a}b"},"remoteEndpoint":{"serviceName":"{\\"}"}',
      { localEndpoint: { serviceName: 'a}b' }, remoteEndpoint: { serviceName: '{"}' } },
    ],
  ])('%s', (_name, members, expected) => {
    // Twice: what was met before takes another way.
    expect(normal(members)).toEqual(expected);
    expect(normal(members)).toEqual(expected);
  });

  it.each([
    ['"traceId":"ABC","id":"1"', 'ABC should be lower-hex encoded with no prefix'],
    ['"traceId":"0","id":"1"', 'traceId is all zeros'],
    ['"traceId":"","id":"1"', 'traceId is empty'],
    [`"traceId":"${'1'.repeat(33)}","id":"1"`, 'traceId.length > 32'],
    ['"traceId":"1","id":"A"', 'A should be lower-hex encoded with no prefix'],
    ['"traceId":"1","id":""', 'id is empty'],
    ['"traceId":"1","id":"0000000000000000"', 'id is all zeros'],
    [`"traceId":"1","id":"${'1'.repeat(17)}"`, 'id.length > 16'],
    ['"traceId":"1","id":"1","parentId":""', 'parentId is empty'],
    [`"traceId":"1","id":"1","parentId":"${'1'.repeat(17)}"`, 'parentId.length > 16'],
    ['"traceId":null,"id":"1"', 'Expected a string'],
    ['"id":"1"', 'Missing : traceId'],
    ['"traceId":"1"', 'Missing : id'],
    ['', 'Missing : traceId id'],
    ['"traceId":"1","id":"1","kind":"client"', 'No enum constant zipkin2.Span.Kind.client'],
    ['"traceId":"1","id":"1","timestamp":1.5', 'Expected an integer of 64 bits'],
    ['"traceId":"1","id":"1","timestamp":"soon"', 'Expected an integer of 64 bits'],
    ['"traceId":"1","id":"1","duration":9223372036854775808', 'Expected an integer of 64 bits'],
    ['"traceId":"1","id":"1","timestamp":true', 'Expected an integer'],
    ['"traceId":"1","id":"1","name":true', 'Expected a string'],
    ['"traceId":"1","id":"1","debug":"true"', 'Expected a boolean'],
    ['"traceId":"1","id":"1","tags":{"a":true}', 'Expected a string'],
    ['"traceId":"1","id":"1","tags":{"a":null}', 'No value of tag a'],
    ['"traceId":"1","id":"1","tags":["a"]', "Expected '{'"],
    ['"traceId":"1","id":"1","annotations":[{"value":"a"}]', 'Incomplete annotation'],
    ['"traceId":"1","id":"1","annotations":[{"timestamp":1}]', 'Incomplete annotation'],
    ['"traceId":"1","id":"1","annotations":[{"timestamp":null,"value":"a"}]', 'Expected an integer'],
    ['"traceId":"1","id":"1","localEndpoint":{"port":65536}', 'invalid port 65536'],
    ['"traceId":"1","id":"1","localEndpoint":[]', "Expected '{'"],
  ])('refuses {%s}', (members, reason) => {
    const json = `[{"traceId":"1","id":"1"},{${members}}]`;
    const error = failure(json);
    expect(error.message).toBe(`${error.reason} reading List<Span> from json (at byte ${error.position})`);
    expect(error.reason).toBe(reason);
    expect([error.code, error.format]).toEqual(['SPANS_MALFORMED', 'zipkin-v2-json']);
    expect(error.position).toBeGreaterThan(22);
    expect(error.position).toBeLessThan(json.length);
  });

  it('points at the culprit', () => {
    const json = `[{"traceId":"1","id":"1"},\n {"traceId":"1","id":"1","name":"x","timestamp":1.5}]`;
    expect(failure(json).position).toBe(json.indexOf('1.5'));
  });

  it.each([
    '{"traceId":"1","id":"1"}',
    'null',
    '"x"',
    '[',
    '[{]',
    '[{}',
    '[1]',
    '[[]]',
    '[] x',
    '[{"traceId":"1","id":"1"},]',
  ])('refuses %s', (json) => {
    expect(failure(json).position).toBeLessThanOrEqual(json.length);
  });

  it('an empty body and an empty list are no spans', () => {
    expect([decode('').spans, decode('[]').spans, decode(' [ ] \n').spans]).toEqual([[], [], []]);
  });

  it('keeps 64 bits, the case of names and the order of what came', () => {
    const { spans } = decode(
      `[{"traceId":"463ac35c9f6413ad48485a3953bb6124","id":"1","name":"GET /Users","timestamp":9223372036854775807,"duration":9007199254740993,"tags":{"z":"1","a":"2"},"annotations":[{"timestamp":-3,"value":"B"},{"timestamp":9007199254740995,"value":"A"}]}]`,
    );
    expect(spans[0]).toMatchObject({
      source: 'zipkin-v2',
      traceId: '463ac35c9f6413ad48485a3953bb6124',
      id: '0000000000000001',
      name: 'GET /Users',
      lowerName: 'get /users',
      startNs: 9223372036854775807000n,
      durationNs: 9007199254740993000n,
    });
    expect([...(spans[0]?.attributes.entries() ?? [])]).toEqual([
      ['z', '1'],
      ['a', '2'],
    ]);
    expect(spans[0]?.events.map((event) => [event.timeNs, event.name])).toEqual([
      [-3000n, 'B'],
      [9007199254740995000n, 'A'],
    ]);
    expect(encodeZipkinV2Json(spans).toString()).toContain(
      '"timestamp":9223372036854775807,"duration":9007199254740993',
    );
  });

  it('cuts at its limits and counts what is gone', () => {
    const tags = Array.from({ length: 20 }, (_, i) => `"k${i}":"${'v'.repeat(i * 20)}"`).join(',');
    const annotations = Array.from({ length: 9 }, (_, i) => `{"timestamp":${i + 1},"value":"a"}`).join(',');
    const json = `[{"traceId":"1","id":"1","name":"${'n'.repeat(300)}","tags":{${tags},"k1":"again"},"annotations":[${annotations}]}]`;
    const { spans, losses, rejected } = decodeZipkinV2Json(Buffer.from(json), {
      attributes: 10,
      events: 4,
      valueBytes: 128,
    });
    const [span] = spans;
    expect([span?.attributes.size, span?.droppedAttributes, span?.events.length, span?.droppedEvents]).toEqual([
      10, 10, 4, 5,
    ]);
    expect([span?.name.length, span?.attributes.get('k9'), span?.attributes.get('k1')]).toEqual([
      128,
      'v'.repeat(128),
      'again',
    ]);
    // Values beyond the limit of attributes are cut as well before they are dropped: k7 to k19 and the name.
    expect(losses).toMatchObject({ attributes: 10, events: 5, links: 0, duplicateKeys: 1, values: 14 });
    expect(rejected).toBe(0);
  });

  it('takes 100 000 tags and a value of a megabyte in its stride', () => {
    const tags = Array.from({ length: 100_000 }, (_, i) => `"k${i}":"v"`).join(',');
    const { spans, losses } = decode(`[{"traceId":"1","id":"1","tags":{${tags},"big":"${'é'.repeat(500_000)}"}}]`);
    expect([spans[0]?.attributes.size, losses.attributes, losses.values]).toEqual([1024, 98_977, 1]);
  });

  it('finds repeated keys among many', () => {
    const tags = Array.from({ length: 900 }, (_, i) => `"k${i % 300}":"${i}"`).join(',');
    const { spans, losses } = decode(`[{"traceId":"1","id":"1","tags":{${tags}}}]`);
    expect([spans[0]?.attributes.size, losses.duplicateKeys, spans[0]?.attributes.get('k7')]).toEqual([
      300,
      600,
      '607',
    ]);
  });

  it('keeps nothing of the body', () => {
    const body = Buffer.from(
      `[{"traceId":"1","id":"1","name":"${'name'.repeat(30)}","tags":{"some.key":"some value"}}]`,
    );
    const [span] = decodeZipkinV2Json(body).spans;
    body.fill(0);
    expect([span?.name, span?.attributes.get('some.key')]).toEqual(['name'.repeat(30), 'some value']);
  });
});
