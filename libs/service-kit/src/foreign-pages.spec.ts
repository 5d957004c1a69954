import { expect, it } from '@jest/globals';
import { hostname } from 'node:os';
import type { Request, Response } from 'express';
import { refuseForeignPages } from './foreign-pages.js';

/** The code of the refusal, or 'passed'. */
function outcome(
  method: string,
  headers: Record<string, string>,
  { path = '/v1/pods', onLoopback = true } = {},
): string {
  let result = 'never called';
  refuseForeignPages(['/v1/'], onLoopback)(
    { method, path, headers } as unknown as Request,
    {} as Response,
    (error?: unknown) => {
      result = error === undefined ? 'passed' : (error as { code: string }).code;
    },
  );
  return result;
}

it.each([
  ['localhost:8080', 'http://localhost:8080'],
  ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['[::1]:8080', 'http://[::1]:8080'],
  ['tracer.localhost', 'http://tracer.localhost'],
  [hostname(), `http://${hostname()}`],
])('lets pages of %s change things', (host, origin) => {
  expect(outcome('POST', { host, origin })).toBe('passed');
});

it('lets clients that are no browsers change things', () => {
  expect(outcome('DELETE', { host: 'localhost:8080' })).toBe('passed');
  expect(outcome('POST', {})).toBe('passed');
});

it.each(['https://evil.example', 'http://localhost:9999', 'null', 'not a url'])(
  'refuses changes by pages of %s',
  (origin) => {
    expect(outcome('POST', { host: 'localhost:8080', origin })).toBe('FOREIGN_PAGE');
    expect(outcome('PUT', { host: 'localhost:8080', origin }, { onLoopback: false })).toBe('FOREIGN_PAGE');
  },
);

it('refuses a foreign name for a service on loopback, for reading too', () => {
  const headers = { host: 'evil.example', origin: 'http://evil.example' };
  expect(outcome('GET', headers)).toBe('FOREIGN_PAGE');
  expect(outcome('POST', headers)).toBe('FOREIGN_PAGE');
});

it('takes any name when the service is open to other machines', () => {
  expect(outcome('POST', { host: 'tracer.corp', origin: 'http://tracer.corp' }, { onLoopback: false })).toBe('passed');
});

it('leaves other paths alone', () => {
  expect(outcome('POST', { host: 'evil.example', origin: 'http://evil.example' }, { path: '/api/v2/spans' })).toBe(
    'passed',
  );
});
