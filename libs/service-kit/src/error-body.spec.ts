import { describe, expect, it } from '@jest/globals';
import { errorBodyFor, OWN_ERROR_BODY, type ErrorBody } from './error-body.js';

const body = (prefix: string): ErrorBody => ({ prefix, contentType: 'text/plain', body: () => prefix });
const [events, root] = [body('/events'), body('/')];

describe('errorBodyFor', () => {
  it.each([
    ['/events/query', [events], events],
    ['/other', [events], OWN_ERROR_BODY],
    ['/other', [events, root], root],
    ['/events/query', [root, events], events],
    ['/x', [], OWN_ERROR_BODY],
  ])('chooses for %s', (path, bodies, expected) => {
    expect(errorBodyFor(path, bodies)).toBe(expected);
  });
});
