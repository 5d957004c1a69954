import { describe, expect, it } from '@jest/globals';
import type { Span } from '../span.js';
import { remoteEndpointOf, zipkinSpanOf } from '../zipkin/zipkin-span.js';
import { decodeOtlpJson } from './otlp-json.js';
import { encodeOtlpJson } from './otlp-json-writer.js';
import { encodeOtlpResponse, encodeOtlpStatus } from './otlp-response.js';
import { decodeZipkinV2Json } from './zipkin-v2-json.js';

type Json = Record<string, unknown>;
const SPAN = 'b7ad6b7169203331';
const span = (fields: Json = {}): Json => ({ traceId: `${SPAN}${SPAN}`, spanId: SPAN, name: 'n', ...fields });
const json = (value: unknown): ReturnType<typeof decodeOtlpJson> => decodeOtlpJson(Buffer.from(JSON.stringify(value)));
const one = (fields: Json): Span => {
  const [decoded] = json({ resourceSpans: [{ scopeSpans: [{ spans: [span(fields)] }] }] }).spans;
  if (decoded === undefined) throw new Error('rejected');
  return decoded;
};

describe('OTLP as Zipkin shows it', () => {
  it('has status, scope and resource as tags, events as annotations', () => {
    const resource = {
      attributes: [
        { key: 'service.name', value: { stringValue: 'Shop' } },
        { key: 'host', value: { stringValue: 'h1' } },
      ],
    };
    const [decoded] = json({
      resourceSpans: [
        {
          resource,
          scopeSpans: [
            {
              scope: { name: 'lib', version: '2' },
              spans: [
                span({
                  kind: 3,
                  startTimeUnixNano: '1000000999',
                  endTimeUnixNano: '1000001500',
                  traceState: 'a=b',
                  status: { code: 2, message: 'broken pipe' },
                  events: [
                    { timeUnixNano: '1000001000', name: 'e', attributes: [{ key: 'n', value: { intValue: '1' } }] },
                    { timeUnixNano: '1000001000', name: 'd' },
                  ],
                  attributes: [
                    { key: 'peer.service', value: { stringValue: 'Stock' } },
                    { key: 'server.port', value: { intValue: 443 } },
                    { key: 'network.peer.address', value: { stringValue: '10.0.0.9' } },
                    { key: 'list', value: { arrayValue: { values: [{ intValue: 1 }, { stringValue: 'x' }] } } },
                    { key: 'host', value: { doubleValue: 2.5 } },
                  ],
                }),
              ],
            },
          ],
        },
      ],
    }).spans;
    expect(decoded && zipkinSpanOf(decoded)).toMatchObject({
      kind: 'CLIENT',
      timestampUs: 1000000n,
      durationUs: 1n,
      localEndpoint: { serviceName: 'shop' },
      remoteEndpoint: { serviceName: 'stock', ipv4: '10.0.0.9', port: 443 },
      annotations: [
        { timestampUs: 1000001n, value: 'd' },
        { timestampUs: 1000001n, value: '{"e":{"n":1}}' },
      ],
      tags: [
        ['error', 'broken pipe'],
        ['host', '2.5'],
        ['list', '[1,"x"]'],
        ['network.peer.address', '10.0.0.9'],
        ['otel.scope.name', 'lib'],
        ['otel.scope.version', '2'],
        ['otel.status_code', 'ERROR'],
        ['peer.service', 'Stock'],
        ['server.port', '443'],
        ['w3c.tracestate', 'a=b'],
      ],
    });
  });

  it('an unknown service has a name, a failure without words is true', () => {
    const decoded = one({ status: { code: 2 } });
    expect(zipkinSpanOf(decoded)).toMatchObject({ localEndpoint: { serviceName: 'unknown_service' }, kind: undefined });
    expect(new Map(zipkinSpanOf(decoded).tags).get('error')).toBe('true');
    expect(decoded.failed).toBe(true);
    expect(new Map(zipkinSpanOf(one({ status: { code: 1 } })).tags).get('otel.status_code')).toBe('OK');
  });

  it.each([
    [3, { 'server.address': 'db.internal', 'db.system': 'mysql' }, 'db.internal'],
    [3, { 'db.system': 'mysql' }, 'mysql'],
    [4, { 'messaging.system': 'kafka' }, 'kafka'],
    [2, { 'server.address': 'myself' }, undefined],
    [1, { 'peer.service': 'x' }, undefined],
    [3, { 'server.address': '10.1.1.1' }, undefined],
  ])('the other side of kind %i with %j is %s', (kind, attributes, name) => {
    const list = Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    expect(remoteEndpointOf(one({ kind, attributes: list }))?.lowerServiceName).toBe(name);
  });
});

describe('Zipkin as OTLP shows it', () => {
  it('has endpoints and flags as attributes, errors as status', () => {
    const { spans } = decodeZipkinV2Json(
      Buffer.from(
        `[{"traceId":"${SPAN}","id":"1","kind":"SERVER","name":"GET","timestamp":5,"duration":2,"localEndpoint":{"serviceName":"Shop","ipv4":"10.0.0.1","port":80},"remoteEndpoint":{"serviceName":"web","ipv6":"::1"},"tags":{"error":"500","net.peer.ip":"mine"},"shared":true}]`,
      ),
    );
    const [seen] = decodeOtlpJson(encodeOtlpJson(spans)).spans;
    expect(seen).toMatchObject({
      traceId: SPAN,
      statusCode: 2,
      statusMessage: '500',
      startNs: 5000n,
      durationNs: 2000n,
    });
    expect(seen?.resource.attributes.flat).toEqual(['service.name', 'Shop']);
    expect(Object.fromEntries(seen?.attributes.entries() ?? [])).toEqual({
      'net.host.ip': '10.0.0.1',
      'net.host.port': 80n,
      'net.peer.ip': 'mine',
      'peer.service': 'web',
      'zipkin.shared': true,
      error: '500',
    });
  });

  it('groups by service and scope', () => {
    const named = (id: number, service: string): string =>
      `{"traceId":"1","id":"${id}","localEndpoint":{"serviceName":"${service}"}}`;
    const { spans } = decodeZipkinV2Json(
      Buffer.from(`[${named(1, 'a')},${named(2, 'b')},${named(3, 'a')},{"traceId":"1","id":"4"}]`),
    );
    const { resourceSpans } = JSON.parse(encodeOtlpJson(spans).toString()) as {
      resourceSpans: { scopeSpans: { spans: Json[] }[] }[];
    };
    expect(resourceSpans.map((group) => group.scopeSpans.map((scope) => scope.spans.length))).toEqual([[2], [1], [1]]);
  });
});

describe('responses', () => {
  it('silence is an empty message', () => {
    expect([encodeOtlpResponse('json').toString(), encodeOtlpResponse('protobuf').length]).toEqual(['{}', 0]);
  });

  it('partial success has a decimal string and a message', () => {
    expect(JSON.parse(encodeOtlpResponse('json', 1, 'why').toString())).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: 'why' },
    });
    expect(encodeOtlpResponse('protobuf', 300, 'why').toString('hex')).toBe('0a0808ac021203776879');
    expect(encodeOtlpResponse('protobuf', 0, 'hm').toString('hex')).toBe('0a041202686d');
    expect(JSON.parse(encodeOtlpResponse('json', 0, 'hm').toString())).toEqual({
      partialSuccess: { errorMessage: 'hm' },
    });
  });

  it('refusals are a google.rpc.Status', () => {
    expect(JSON.parse(encodeOtlpStatus('json', 3, 'bad').toString())).toEqual({ code: 3, message: 'bad' });
    expect(encodeOtlpStatus('protobuf', 3, 'bad').toString('hex')).toBe('08031203626164');
  });
});
