/** Every decoder of a format that comes over the network. A refusal is one of our errors; all else is a find. */
import { built } from '../built.mjs';
const spanModel = await built('libs/span-model/src/index.js');
const { decodeDmUpload, decodeDmEvent, decodeGetTsoRequest } = await built('libs/storage/src/dm/dm-wire.js');
const { encodeDmEvent, encodeDmUpload } = await built('libs/storage/src/dm/dm-wire-writer.js');
const { firstJsonValue } = await built('apps/tracer-node/src/wire/first-json-value.js');
const { parseMultipart } = await built('apps/span-api/src/dm/go/multipart.js');
const { parseQuery } = await built('apps/span-api/src/dm/go/go-form.js');
const { parseToml } = await built('apps/span-api/src/dm/config/toml.js');
const { parseTokenList } = await built('libs/service-kit/src/trust/token-list.js');

const SPANS = Buffer.from(
  JSON.stringify([
    {
      traceId: '463ac35c9f6413ad48485a3953bb6124',
      id: '72485a3953bb6124',
      parentId: '6b221d5bc9e6496c',
      kind: 'SERVER',
      name: 'get /pay',
      timestamp: 1795000000000000,
      duration: 1500,
      shared: true,
      localEndpoint: { serviceName: 'front', ipv4: '10.0.0.1', port: 8080 },
      remoteEndpoint: { serviceName: 'bäck', ipv6: '2001:db8::1' },
      annotations: [{ timestamp: 1795000000000100, value: 'first\nbyte' }],
      tags: { 'http.path': '/pay?a=b', error: 'time "out"', empty: '' },
    },
    { traceId: '463ac35c9f6413ad', id: '1', name: 'x', debug: true },
  ]),
);
const { spans } = spanModel.decodeZipkinV2Json(SPANS);

const codec = (name, decode, ...seeds) => ({ name, seeds, run: (bytes) => decode(bytes) });

export const targets = [
  codec('zipkin v2 json', spanModel.decodeZipkinV2Json, SPANS),
  codec('zipkin v2 protobuf', spanModel.decodeZipkinV2Proto, spanModel.encodeZipkinV2Proto(spans)),
  codec('zipkin v1 json', spanModel.decodeZipkinV1Json, spanModel.encodeZipkinV1Json(spans)),
  codec('zipkin v1 thrift', spanModel.decodeZipkinV1Thrift, spanModel.encodeZipkinV1Thrift(spans)),
  codec('otlp json', spanModel.decodeOtlpJson, spanModel.encodeOtlpJson(spans)),
  codec('otlp protobuf', spanModel.decodeOtlpProto, spanModel.encodeOtlpProto(spans)),
  codec(
    'replication events (both types, and the request of a timestamp)',
    (bytes) => {
      const outcomes = [
        () => decodeDmUpload(1, bytes),
        () => decodeDmUpload(1, bytes),
        () => decodeDmEvent(0, bytes),
        () => decodeGetTsoRequest(bytes),
      ];
      const errors = outcomes.flatMap((decode) => {
        try {
          decode();
          return [];
        } catch (error) {
          return [error];
        }
      });
      // A find must not hide behind a refusal.
      const worst = errors.find((error) => error.constructor.name !== 'TracerError') ?? errors[0];
      if (worst !== undefined && (worst.constructor.name !== 'TracerError' || errors.length === outcomes.length))
        throw worst;
    },
    ...dmSeeds(),
  ),
  codec(
    'body of a control request',
    (bytes) => firstJsonValue(bytes),
    Buffer.from('{"pod":"a*","run":true,"x":[1,2.5e3,null,"\\u00e9"]} rest'),
  ),
  codec(
    'multipart form',
    (bytes) => parseMultipart(bytes, 'multipart/form-data; boundary=xx'),
    Buffer.from('--xx\r\nContent-Disposition: form-data; name="trace_id"\r\n\r\nabc\r\n--xx--\r\n'),
  ),
  codec('query string', (bytes) => [...parseQuery(bytes.toString('latin1'))], Buffer.from('a=1&b=%20x&c&=d;e=%zz')),
  codec(
    'configuration of replication',
    (bytes) => parseToml(bytes.toString()),
    Buffer.from('addr = ":8261"\nn = 1_000\nb = true\na = ["x", \'y\']\n[section.a]\nk = "v\\n"\n'),
  ),
  codec(
    'list of tokens',
    (bytes) => parseTokenList(bytes.toString(), 'fuzz'),
    Buffer.from(
      `alice admin sha256:${'ab'.repeat(32)}\n# c\nci ingest,read sha256:${'cd'.repeat(32)} expires=2027-01-31\n`,
    ),
  ),
];

function dmSeeds() {
  const text = (value) => Buffer.from(value);
  const base = {
    filename: text('syncer.go'),
    line: 42,
    tso: 1795000000000000000n,
    traceId: text('t-1'),
    groupId: text('g'),
    type: 1,
  };
  const state = {
    safeMode: true,
    tryReSync: false,
    lastPos: { name: text('bin.000001'), pos: 4 },
    currentPos: { name: text('bin.000001'), pos: 154 },
  };
  const event = { type: 1, base, state, eventType: 30, opType: 2 };
  return [encodeDmUpload([event, event]), encodeDmEvent(event)];
}
