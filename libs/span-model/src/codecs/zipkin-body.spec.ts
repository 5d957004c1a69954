import { describe, expect, it } from '@jest/globals';
import { decodeZipkinV2Json } from './zipkin-v2-json.js';
import { encodeZipkinV1Json, encodeZipkinV2Json } from './zipkin-json-writer.js';
import { encodeZipkinV1Thrift } from './zipkin-v1-thrift-writer.js';
import { encodeZipkinV2Proto } from './zipkin-v2-proto-writer.js';
import { decodeZipkin, zipkinBodyProblem, type ZipkinEncoding } from './zipkin-body.js';

const { spans } = decodeZipkinV2Json(
  Buffer.from(
    '[{"traceId":"1","id":"2","kind":"CLIENT","timestamp":5,"localEndpoint":{"serviceName":"a"},"tags":{"k":"v"}}]',
  ),
);
const BODIES: Record<ZipkinEncoding, Buffer> = {
  JSON_V1: encodeZipkinV1Json(spans),
  THRIFT: encodeZipkinV1Thrift(spans),
  JSON_V2: encodeZipkinV2Json(spans),
  PROTO3: encodeZipkinV2Proto(spans),
};
const ENCODINGS = Object.keys(BODIES) as ZipkinEncoding[];
const PAIRS = ENCODINGS.flatMap((expected) => ENCODINGS.map((actual) => [expected, actual] as const));

describe('Zipkin bodies', () => {
  it.each(PAIRS)('%s expected, %s received', (expected, actual) => {
    const problem = `Expected a ${expected} encoded list, but received: ${actual}\n`;
    expect(zipkinBodyProblem(expected, BODIES[actual])).toBe(expected === actual ? undefined : problem);
  });

  it.each(ENCODINGS)('%s is decoded', (encoding) => {
    expect(decodeZipkin(encoding, BODIES[encoding]).spans).toMatchObject([
      { id: '0000000000000002', localServiceName: 'a' },
    ]);
    expect(decodeZipkin(encoding, Buffer.alloc(0)).spans).toEqual([]);
    expect(zipkinBodyProblem(encoding, Buffer.alloc(0))).toBeUndefined();
  });

  it.each(['{"traceId":"1","id":"1"}', ' []', 'hello', '\u0001'])('%j is no list at all', (text) => {
    expect(zipkinBodyProblem('JSON_V2', Buffer.from(text))).toBe('Expected a JSON_V2 encoded list\n');
  });

  it('what has no telling name is believed', () => {
    const bare = Buffer.from('[{"traceId":"1","id":"1"}]');
    expect([zipkinBodyProblem('JSON_V1', bare), zipkinBodyProblem('JSON_V2', bare)]).toEqual([undefined, undefined]);
    expect(zipkinBodyProblem('JSON_V1', Buffer.from('[{"tags":{}}]'))).toContain('received: JSON_V2');
  });
});
