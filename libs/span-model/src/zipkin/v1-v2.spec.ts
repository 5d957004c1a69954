import { describe, expect, it } from '@jest/globals';
import { encodeZipkinV1Json, encodeZipkinV2Json } from '../codecs/zipkin-json-writer.js';
import { decodeZipkinV1Json } from '../codecs/zipkin-v1-json.js';
import { decodeZipkinV2Json } from '../codecs/zipkin-v2-json.js';

type Json = Record<string, unknown>;
const START = 1_600_000_000_000_000;
const SHOP = { serviceName: 'shop', ipv4: '10.9.0.1' };
const STOCK = { serviceName: 'stock', ipv4: '10.9.0.2', port: 7070 };
const QUEUE = { serviceName: 'queue' };

const ids = { traceId: '00000000000000aa', parentId: '00000000000000bb', id: '00000000000000cc' };
/** Times are milliseconds after START. */
const us = (ms: number): number => START + ms * 1000;
const at = (value: string, ms: number, endpoint?: Json): Json => ({
  timestamp: us(ms),
  value,
  ...(endpoint && { endpoint }),
});
const tag = (key: string, value: string, endpoint?: Json): Json => ({ key, value, ...(endpoint && { endpoint }) });
const address = (key: string, endpoint: Json, value: unknown = true): Json => ({ key, value, endpoint });
const v1 = (fields: Json): Json => ({ ...ids, name: 'buy', ...fields });
const v2 = (fields: Json): Json => ({ ...ids, name: 'buy', ...fields });
const own = (startMs: number, lengthMs?: number): Json => ({
  timestamp: us(startMs),
  ...(lengthMs !== undefined && { duration: lengthMs * 1000 }),
});

const toV2 = (span: Json): unknown =>
  parse(encodeZipkinV2Json(decodeZipkinV1Json(Buffer.from(JSON.stringify([span]))).spans));
const toV1 = (span: Json): unknown =>
  parse(encodeZipkinV1Json(decodeZipkinV2Json(Buffer.from(JSON.stringify([span]))).spans));
const parse = (bytes: Buffer): unknown => JSON.parse(bytes.toString());

/** Cases that hold in both directions. */
const BOTH_WAYS: [string, Json, Json][] = [
  [
    'a client with a remote endpoint, wire annotations and tags',
    v1({
      ...own(0, 20),
      annotations: [at('cs', 0, SHOP), at('ws', 4, SHOP), at('wr', 15, SHOP), at('cr', 20, SHOP)],
      binaryAnnotations: [tag('clnt/version', '1', SHOP), tag('path', '/buy', SHOP), address('sa', STOCK)],
    }),
    v2({
      kind: 'CLIENT',
      ...own(0, 20),
      localEndpoint: SHOP,
      remoteEndpoint: STOCK,
      annotations: [at('ws', 4), at('wr', 15)],
      tags: { 'clnt/version': '1', path: '/buy' },
    }),
  ],
  [
    'a client that has not finished',
    v1({ ...own(0), annotations: [at('cs', 0, SHOP), at('ws', 4, SHOP)] }),
    v2({ kind: 'CLIENT', ...own(0), localEndpoint: SHOP, annotations: [at('ws', 4)] }),
  ],
  [
    'a late client receive stays an annotation',
    v1({ annotations: [at('cr', 9, SHOP)], binaryAnnotations: [address('sa', STOCK)] }),
    v2({ kind: 'CLIENT', localEndpoint: SHOP, remoteEndpoint: STOCK, annotations: [at('cr', 9)] }),
  ],
  [
    'a late server address has no kind',
    v1({ name: '', binaryAnnotations: [address('sa', STOCK)] }),
    { ...ids, remoteEndpoint: STOCK },
  ],
  [
    'addresses without annotations',
    v1({ ...own(0, 20), binaryAnnotations: [tag('lc', '', SHOP), address('sa', STOCK)] }),
    v2({ ...own(0, 20), localEndpoint: SHOP, remoteEndpoint: STOCK }),
  ],
  [
    'a server with the address of its client',
    v1({
      ...own(0, 20),
      annotations: [at('sr', 0, STOCK), at('ss', 20, STOCK)],
      binaryAnnotations: [address('ca', SHOP), tag('path', '/buy', STOCK)],
    }),
    v2({ kind: 'SERVER', ...own(0, 20), localEndpoint: STOCK, remoteEndpoint: SHOP, tags: { path: '/buy' } }),
  ],
  ['no endpoints at all', v1(own(0, 20)), v2(own(0, 20))],
  [
    'core annotations count only with an endpoint',
    v1({ ...own(0), annotations: [at('sr', 0)] }),
    v2({ ...own(0), annotations: [at('sr', 0)] }),
  ],
  [
    'a shared server leaves its times to the client',
    v1({ annotations: [at('sr', 0, STOCK), at('ss', 20, STOCK)] }),
    v2({ kind: 'SERVER', ...own(0, 20), localEndpoint: STOCK, shared: true }),
  ],
  [
    'a shared server that has not answered',
    v1({ annotations: [at('sr', 0, STOCK)] }),
    v2({ kind: 'SERVER', ...own(0), localEndpoint: STOCK, shared: true }),
  ],
  [
    'a late server send',
    v1({ annotations: [at('ss', 9, STOCK)], binaryAnnotations: [address('ca', SHOP)] }),
    v2({ kind: 'SERVER', localEndpoint: STOCK, remoteEndpoint: SHOP, annotations: [at('ss', 9)] }),
  ],
  [
    'a late client address makes a server',
    v1({ name: '', binaryAnnotations: [address('ca', SHOP)] }),
    { ...ids, kind: 'SERVER', remoteEndpoint: SHOP },
  ],
  [
    'a local span without a component',
    v1({ ...own(0, 20), binaryAnnotations: [tag('lc', '', SHOP)] }),
    v2({ ...own(0, 20), localEndpoint: SHOP }),
  ],
  [
    'a producer and its broker',
    v1({ ...own(0), annotations: [at('ms', 0, SHOP)], binaryAnnotations: [address('ma', QUEUE)] }),
    v2({ kind: 'PRODUCER', ...own(0), localEndpoint: SHOP, remoteEndpoint: QUEUE }),
  ],
  [
    'a producer that took time',
    v1({ ...own(0, 5), annotations: [at('ms', 0, SHOP), at('ws', 5, SHOP)] }),
    v2({ kind: 'PRODUCER', ...own(0, 5), localEndpoint: SHOP }),
  ],
  [
    'a consumer',
    v1({ ...own(0), annotations: [at('mr', 0, STOCK)] }),
    v2({ kind: 'CONSUMER', ...own(0), localEndpoint: STOCK }),
  ],
  [
    'a consumer and its broker',
    v1({ ...own(0), annotations: [at('mr', 0, STOCK)], binaryAnnotations: [address('ma', QUEUE)] }),
    v2({ kind: 'CONSUMER', ...own(0), localEndpoint: STOCK, remoteEndpoint: QUEUE }),
  ],
  [
    'a consumer that took time',
    v1({ ...own(0, 5), annotations: [at('wr', 0, STOCK), at('mr', 5, STOCK)] }),
    v2({ kind: 'CONSUMER', ...own(0, 5), localEndpoint: STOCK }),
  ],
];

/** v1 spans that say more, or say it in another way, than v2 would be written. */
const TO_V2: [string, Json, Json[]][] = [
  [
    'both sides of a call are two spans, each with its own tags',
    v1({
      ...own(0, 20),
      annotations: [
        at('cs', 0, SHOP),
        at('ws', 4, SHOP),
        at('sr', 6, STOCK),
        at('ss', 12, STOCK),
        at('wr', 15, SHOP),
        at('cr', 20, SHOP),
      ],
      binaryAnnotations: [
        tag('path', '/buy', SHOP),
        tag('path', '/STOCK', STOCK),
        tag('srv/version', '2', STOCK),
        address('ca', SHOP),
        address('sa', STOCK),
      ],
    }),
    [
      v2({
        kind: 'CLIENT',
        ...own(0, 20),
        localEndpoint: SHOP,
        remoteEndpoint: STOCK,
        annotations: [at('ws', 4), at('wr', 15)],
        tags: { path: '/buy' },
      }),
      v2({
        kind: 'SERVER',
        ...own(6, 6),
        localEndpoint: STOCK,
        remoteEndpoint: SHOP,
        tags: { path: '/STOCK', 'srv/version': '2' },
        shared: true,
      }),
    ],
  ],
  [
    'a service that calls itself',
    v1({
      ...own(0, 20),
      annotations: [at('cs', 0, SHOP), at('sr', 6, SHOP), at('ss', 12, SHOP), at('cr', 20, SHOP)],
    }),
    [
      v2({ kind: 'CLIENT', ...own(0, 20), localEndpoint: SHOP }),
      v2({ kind: 'SERVER', ...own(6, 6), localEndpoint: SHOP, shared: true }),
    ],
  ],
  [
    'a one-way call to itself has no durations',
    v1({ annotations: [at('cs', 0, SHOP), at('sr', 6, SHOP)] }),
    [
      v2({ kind: 'CLIENT', ...own(0), localEndpoint: SHOP }),
      v2({ kind: 'SERVER', ...own(6), localEndpoint: SHOP, shared: true }),
    ],
  ],
  [
    'a producer without times of its own',
    v1({ annotations: [at('ms', 0, SHOP)] }),
    [v2({ kind: 'PRODUCER', ...own(0), localEndpoint: SHOP })],
  ],
  [
    'a client send at the end of the span is a client all the same',
    v1({ ...own(0, 20), annotations: [at('cs', 20, SHOP)] }),
    [v2({ kind: 'CLIENT', ...own(0, 20), localEndpoint: SHOP })],
  ],
  [
    'a server send at the end of the span tells where it began',
    v1({ ...own(0, 20), annotations: [at('ss', 20, STOCK)] }),
    [v2({ kind: 'SERVER', ...own(0, 20), localEndpoint: STOCK })],
  ],
  [
    'the client address of a server that knows its client by the socket, its own address is redundant',
    v1({
      annotations: [at('sr', 0, STOCK), at('gc(9)', 3, STOCK), at('ss', 20, STOCK)],
      binaryAnnotations: [
        tag('version', '6', { ...STOCK, port: 1 }),
        address('sa', STOCK),
        address('ca', { ...SHOP, port: 5999 }),
      ],
    }),
    [
      v2({
        kind: 'SERVER',
        ...own(0, 20),
        localEndpoint: STOCK,
        remoteEndpoint: { ...SHOP, port: 5999 },
        annotations: [at('gc(9)', 3)],
        tags: { version: '6' },
        shared: true,
      }),
    ],
  ],
  [
    'a client keeps a server address even of its own service',
    v1({
      ...own(0, 20),
      annotations: [at('cs', 0, SHOP), at('cr', 20, SHOP)],
      binaryAnnotations: [address('ca', SHOP), address('sa', SHOP)],
    }),
    [v2({ kind: 'CLIENT', ...own(0, 20), localEndpoint: SHOP, remoteEndpoint: SHOP })],
  ],
  [
    'a server is not its own client',
    v1({
      ...own(0, 20),
      annotations: [at('sr', 0, SHOP), at('ss', 20, SHOP)],
      binaryAnnotations: [address('ca', SHOP), address('sa', SHOP)],
    }),
    [v2({ kind: 'SERVER', ...own(0, 20), localEndpoint: SHOP })],
  ],
  [
    'of a client under the name of its server only the socket is believed',
    v1({
      ...own(0, 20),
      annotations: [at('sr', 0, STOCK), at('ss', 20, STOCK)],
      binaryAnnotations: [address('ca', { ...STOCK, ipv4: '10.9.0.77', port: 5 })],
    }),
    [v2({ kind: 'SERVER', ...own(0, 20), localEndpoint: STOCK, remoteEndpoint: { ipv4: '10.9.0.77', port: 5 } })],
  ],
  [
    'both ends of a message',
    v1({
      annotations: [at('ms', 0, SHOP), at('ws', 3, SHOP), at('wr', 8, STOCK), at('mr', 9, STOCK)],
      binaryAnnotations: [address('ma', QUEUE)],
    }),
    [
      v2({ kind: 'PRODUCER', ...own(0, 3), localEndpoint: SHOP, remoteEndpoint: QUEUE }),
      v2({ kind: 'CONSUMER', ...own(8, 1), localEndpoint: STOCK, remoteEndpoint: QUEUE, shared: true }),
    ],
  ],
  [
    'a message to itself',
    v1({ annotations: [at('ms', 0, SHOP), at('ws', 3, SHOP), at('wr', 8, SHOP), at('mr', 9, SHOP)] }),
    [
      v2({ kind: 'PRODUCER', ...own(0, 3), localEndpoint: SHOP }),
      v2({ kind: 'CONSUMER', ...own(8, 1), localEndpoint: SHOP, shared: true }),
    ],
  ],
  [
    'both addresses and nothing else',
    v1({ binaryAnnotations: [address('ca', SHOP), address('sa', STOCK)] }),
    [v2({ localEndpoint: SHOP, remoteEndpoint: STOCK })],
  ],
  [
    'what has no endpoint goes to the first service, others by theirs',
    v1({
      annotations: [at('a', 0, SHOP), at('b', 1, SHOP), at('c', 2, STOCK), at('nowhere', 3)],
      binaryAnnotations: [tag('k', 'shop', SHOP), tag('l', 'stock', STOCK), tag('m', '')],
    }),
    [
      v2({ localEndpoint: SHOP, annotations: [at('a', 0), at('b', 1), at('nowhere', 3)], tags: { k: 'shop', m: '' } }),
      v2({ localEndpoint: STOCK, annotations: [at('c', 2)], tags: { l: 'stock' } }),
    ],
  ],
  [
    'a span with a start but no duration was shared when its server finished',
    v1({ ...own(0), annotations: [at('sr', 2, STOCK), at('ss', 3, STOCK)] }),
    [v2({ kind: 'SERVER', ...own(2, 1), localEndpoint: STOCK, shared: true })],
  ],
  [
    'services are told apart by name, whatever its case',
    v1({ ...own(0, 20), annotations: [at('cs', 0, SHOP), at('cr', 20, { ...SHOP, serviceName: 'Shop', port: 1 })] }),
    [v2({ kind: 'CLIENT', ...own(0, 20), localEndpoint: SHOP })],
  ],
];

/** Addresses are marked by true; some senders wrote it as text. */
const ADDRESSES: [string, Json[], Json][] = [
  ['ma', [at('mr', 0, STOCK)], { kind: 'CONSUMER', ...own(0), localEndpoint: STOCK, remoteEndpoint: QUEUE }],
  ['sa', [at('cs', 0, STOCK)], { kind: 'CLIENT', ...own(0), localEndpoint: STOCK, remoteEndpoint: QUEUE }],
  [
    'ca',
    [at('sr', 0, STOCK)],
    { kind: 'SERVER', ...own(0), localEndpoint: STOCK, remoteEndpoint: QUEUE, shared: true },
  ],
];

describe('v1 to v2', () => {
  it.each(BOTH_WAYS)('%s', (_name, one, two) => {
    expect(toV2(one)).toEqual([two]);
  });

  it.each(TO_V2)('%s', (_name, one, two) => {
    expect(toV2(one)).toEqual(two);
  });

  it.each(ADDRESSES.flatMap(([key, ...rest]) => [true, '1', 'true'].map((value) => [key, value, ...rest] as const)))(
    'address %s with the value %j',
    (key, value, annotations, two) => {
      expect(toV2(v1({ annotations, binaryAnnotations: [address(key, QUEUE, value)] }))).toEqual([v2(two)]);
    },
  );

  it('a tag of the name of an address, but with another value, is a tag', () => {
    expect(toV2(v1({ binaryAnnotations: [tag('sa', 'Adelaide', SHOP)] }))).toEqual([
      v2({ localEndpoint: SHOP, tags: { sa: 'Adelaide' } }),
    ]);
  });

  it('values of other kinds are left out of v2', () => {
    const binaryAnnotations = [
      { key: 'n', value: 5, endpoint: SHOP },
      { key: 'b', value: true, endpoint: SHOP },
    ];
    expect(toV2(v1({ annotations: [at('x', 0, SHOP)], binaryAnnotations }))).toEqual([
      v2({ localEndpoint: SHOP, annotations: [at('x', 0)] }),
    ]);
  });
});

describe('v2 to v1', () => {
  it.each(BOTH_WAYS)('%s', (_name, one, two) => {
    expect(toV1(two)).toEqual([one]);
  });

  it('a kind that is only told by an annotation', () => {
    const span = v2({ ...own(0, 20), localEndpoint: SHOP, annotations: [at('cs', 0)] });
    const annotations = [at('cs', 0, SHOP), at('cr', 20, SHOP)];
    expect(toV1(span)).toEqual([v1({ ...own(0, 20), annotations })]);
  });

  it('annotations left over from v1 widen the window', () => {
    const span = v2({ kind: 'CLIENT', ...own(5, 10), localEndpoint: SHOP, annotations: [at('cs', 2), at('cr', 30)] });
    const annotations = [at('cs', 2, SHOP), at('cr', 30, SHOP)];
    expect(toV1(span)).toEqual([v1({ ...own(5, 10), annotations })]);
  });

  it('a producer takes its times from ms and ws', () => {
    const span = v2({ kind: 'PRODUCER', localEndpoint: SHOP, annotations: [at('ms', 2), at('ws', 3)] });
    expect(toV1(span)).toEqual([v1({ annotations: [at('ms', 2, SHOP), at('ws', 3, SHOP)] })]);
  });

  it('a span that came as v1 goes as it came', () => {
    const odd = v1({
      name: 'Buy:Now',
      timestamp: us(0),
      annotations: [at('zz', 9, { ...SHOP, serviceName: 'SHOP' }), at('cs', 0, SHOP)],
      binaryAnnotations: [tag('z', 'last first'), { key: 'n', value: 5 }, tag('a', '1', STOCK)],
    });
    const { spans } = decodeZipkinV1Json(Buffer.from(JSON.stringify([odd])));
    expect(spans).toHaveLength(2);
    expect(encodeZipkinV1Json(spans).toString()).toBe(JSON.stringify([odd]));
  });
});
