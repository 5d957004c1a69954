import { describe, expect, it } from '@jest/globals';
import { reasonOf, TRACER_ERROR_CODES, TracerError } from './tracer-error.js';

describe('TracerError', () => {
  it('carries a stable code, a message and its cause', () => {
    const cause = new Error('ENOENT');
    const error = new TracerError('HOOK_UNKNOWN', 'no hook called "x"', { cause });
    expect([error.code, error.message, error.cause]).toEqual(['HOOK_UNKNOWN', 'no hook called "x"', cause]);
  });

  it('lists its codes once each, in order', () => {
    expect([...new Set(TRACER_ERROR_CODES)].sort()).toEqual([...TRACER_ERROR_CODES]);
  });
});

describe('reasonOf', () => {
  it('reads errors and anything else that was thrown', () => {
    expect([reasonOf(new Error('full')), reasonOf('plain'), reasonOf(7)]).toEqual(['full', 'plain', '7']);
  });
});
