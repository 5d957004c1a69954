import { describe, expect, it } from '@jest/globals';
import { messageOf } from './api-error.js';
import { curlOf, relativeUrl } from './api-request.js';
import { parseLossless } from './lossless-json.js';

describe('relativeUrl', () => {
  it('stays below where the page is served', () => {
    const url = relativeUrl({ path: '/api/v1/events', query: { file: ['a b', 'c'], pid: 0, name: '', ts: undefined } });
    expect(url).toBe('api/v1/events?file=a+b&file=c&pid=0');
    expect(new URL(url, 'http://h/proxy/tracer/').href).toBe(
      'http://h/proxy/tracer/api/v1/events?file=a+b&file=c&pid=0',
    );
  });
});

describe('curlOf', () => {
  it('quotes for a shell', () => {
    const line = curlOf({ path: '/api/v1/files/info', query: { file: "it's" } }, 'http://h:8080/');
    expect(line).toBe("curl -sS 'http://h:8080/api/v1/files/info?file=it%27s'");
    const post = curlOf({ method: 'POST', path: '/api/v1/query', body: { name: ["a'b"] } }, 'http://h/');
    expect(post).toBe(`curl -sS -H 'Content-Type: application/json' -d '{"name":["a'\\''b"]}' 'http://h/api/v1/query'`);
  });

  it('leaves the token out', () => {
    expect(curlOf({ method: 'DELETE', path: '/v1/x' }, 'http://h/', { withToken: true })).toBe(
      `curl -sS -X DELETE -H "Authorization: Bearer $TRACER_TOKEN" 'http://h/v1/x'`,
    );
  });
});

describe('messageOf', () => {
  it.each([
    ['"no such pod"', 'no such pod'],
    ['{"error":"limit: not a number"}', 'limit: not a number'],
    ['{"code":"X","message":"gone"}', 'gone'],
    ['{"message":["a","b"]}', 'a; b'],
    ['{"errors":[{"msg":"field"}]}', 'field'],
    ['plain text', 'plain text'],
    ['<html>proxy</html>', 'The server answered 502 without saying why.'],
    ['', 'The server answered 502 without saying why.'],
    ['{}', '{}'],
  ])('%s', (body, message) => {
    expect(messageOf(body, 502)).toBe(message);
  });
});

describe('parseLossless', () => {
  it('keeps every digit of long integers and leaves texts alone', () => {
    expect(
      parseLossless(
        '{"fhash":12046336058336786775,"a":[-9007199254740993,1.5e300,123],"s":"x 12046336058336786775 \\" 1"}',
      ),
    ).toEqual({
      fhash: '12046336058336786775',
      a: ['-9007199254740993', 1.5e300, 123],
      s: 'x 12046336058336786775 " 1',
    });
  });
});
