import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FORM_BYTES, parseQuery, readGoForm } from './go-form.js';
import { parseMultipart } from './multipart.js';

let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    void readGoForm(request).then((form) => response.end(form.bytes('trace_id').toString('hex')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

interface Ask {
  readonly method?: string;
  readonly target?: string;
  readonly type?: string;
  readonly body?: string | Buffer;
}

/** The value of `trace_id` that a request leads to. */
async function traceId({ method = 'POST', target = '/', type, body = '' }: Ask): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const headers = { ...(type && { 'Content-Type': type }), 'Content-Length': Buffer.byteLength(body) };
  const request = send({ port, host: '127.0.0.1', method, path: target, headers });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const hex = Buffer.concat((await answer.toArray()) as Buffer[]).toString();
  return Buffer.from(hex, 'hex').toString('latin1');
}

const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data; boundary=xx';
const part = (name: string, value: string, more = ''): string =>
  `--xx\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;

describe('where a parameter comes from', () => {
  it.each([
    ['the URL', { method: 'GET', target: '/?trace_id=a' }, 'a'],
    ['the URL of a POST', { target: '/?x=1&trace_id=a' }, 'a'],
    ['a form before the URL', { target: '/?trace_id=u', type: FORM, body: 'trace_id=b' }, 'b'],
    ['a form with a charset', { method: 'PUT', type: `${FORM}; charset=utf-8`, body: 'trace_id=b' }, 'b'],
    ['a form whose type is in capitals', { method: 'PATCH', type: FORM.toUpperCase(), body: 'trace_id=b' }, 'b'],
    ['an empty value of a form, which hides the URL', { target: '/?trace_id=u', type: FORM, body: 'trace_id=' }, ''],
    ['the first value, even an empty one', { method: 'GET', target: '/?trace_id=&trace_id=x' }, ''],
    ['the body of a DELETE: nowhere', { method: 'DELETE', type: FORM, body: 'trace_id=b' }, ''],
    ['a body without a type: nowhere', { body: 'trace_id=b' }, ''],
    ['JSON: nowhere', { type: 'application/json', body: '{"trace_id":"b"}' }, ''],
    [
      'the URL before multipart',
      { target: '/?trace_id=u', type: MULTIPART, body: `${part('trace_id', 'm')}--xx--` },
      'u',
    ],
    ['multipart of a GET', { method: 'GET', type: MULTIPART, body: `${part('trace_id', 'm')}--xx--` }, 'm'],
    ['a name in other letters: nowhere', { method: 'GET', target: '/?Trace_ID=a' }, ''],
  ])('%s', async (_, ask: Ask, expected) => {
    expect(await traceId(ask)).toBe(expected);
  });

  it('reads a form of 10 MiB and nothing of a larger one', async () => {
    const body = `trace_id=b&pad=${'x'.repeat(FORM_BYTES - 15)}`;
    expect(Buffer.byteLength(body)).toBe(FORM_BYTES);
    expect(await traceId({ type: FORM, body })).toBe('b');
    expect(await traceId({ type: FORM, body: `${body}x`, target: '/?trace_id=u' })).toBe('u');
  });

  it('keeps bytes that are not UTF-8, in every place', async () => {
    expect(await traceId({ method: 'GET', target: '/?trace_id=a%80%FF' })).toBe('a\x80\xff');
    expect(await traceId({ type: FORM, body: Buffer.from('trace_id=\x80%80', 'latin1') })).toBe('\x80\x80');
    expect(await traceId({ type: MULTIPART, body: Buffer.from(`${part('trace_id', '\xfe')}--xx--`, 'latin1') })).toBe(
      '\xfe',
    );
  });
});

describe('parseQuery', () => {
  it.each([
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1;b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a+b=c%20d+e', [['a b', 'c d e']]],
    ['a=%zz&b=2', [['b', '2']]],
    ['a=%&b=%4&%4=1&c=%41', [['c', 'A']]],
    [
      'a&=1&&b=',
      [
        ['a', ''],
        ['', '1'],
        ['b', ''],
      ],
    ],
    ['a=b=c', [['a', 'b=c']]],
    ['a=%2B%26%3d', [['a', '+&=']]],
  ])('%s', (text, pairs) => {
    expect([...parseQuery(text)]).toEqual(pairs);
  });

  it('reads what URLSearchParams writes', () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 4 });
    fc.assert(
      fc.property(pairs, (given) => {
        const written = new URLSearchParams(given);
        const read = [...parseQuery(written.toString())].map((pair) =>
          pair.map((side) => Buffer.from(side, 'latin1').toString()),
        );
        expect(read).toEqual([...written]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('parseMultipart', () => {
  it.each([
    [
      'fields in order',
      `${part('a', '1')}${part('b', '')}--xx--\r\n`,
      [
        ['a', '1'],
        ['b', ''],
      ],
    ],
    ['line ends of one character', '--xx\nContent-Disposition: form-data; name=a\n\n1\n--xx--', [['a', '1']]],
    ['a preamble', `hello\r\n${part('a', '1')}--xx--`, [['a', '1']]],
    ['no files', `${part('f', 'x', '; filename="f.txt"')}${part('a', '1')}--xx--`, [['a', '1']]],
    ['names with quotes', `${part('a\\"b', '1')}--xx--`, [['a"b', '1']]],
    ['values with line ends and dashes', `${part('a', '--x\r\n\r\n--y')}--xx--`, [['a', '--x\r\n\r\n--y']]],
    ['no parts of another kind', '--xx\r\nContent-Type: text/plain\r\n\r\nx\r\n--xx--', []],
    ['nothing without the closing boundary', part('a', '1'), []],
    ['nothing when a part has no header', `--xx\r\n1\r\n--xx--`, []],
    ['nothing of something else', 'trace_id=a', []],
    ['nothing of nothing', '', []],
  ])('%s', (_, body, fields) => {
    expect(parseMultipart(Buffer.from(body), MULTIPART)).toEqual(fields);
  });

  it('needs a boundary, which may be in quotes and hold any character', () => {
    expect(parseMultipart(Buffer.from(`${part('a', '1')}--xx--`), 'multipart/form-data')).toEqual([]);
    const body = part('a', '1').replace('--xx', '--x.*x') + '--x.*x--';
    expect(parseMultipart(Buffer.from(body), 'multipart/form-data; boundary="x.*x"')).toEqual([['a', '1']]);
  });

  it('is not slow on hostile bodies', () => {
    // With work that grows with the square these would take hours, and the test its time limit.
    for (const body of ['--xx\r\n'.repeat(2e5), `--xx\r\n${'\r\n'.repeat(5e5)}`, '\r\n--'.repeat(5e5)])
      expect(parseMultipart(Buffer.from(body), MULTIPART)).toEqual([]);
  });
});
