import { describe, expect, it } from '@jest/globals';
import { readReply, type NodeResult } from './node-result.js';

function read(status: number, body: string, headers = {}): Partial<NodeResult> {
  const { node, ...result } = readReply({ node: 'a', answer: { status, headers, body: Buffer.from(body) } });
  expect(node).toBe('a');
  return result;
}

describe('readReply', () => {
  it.each([
    ['{"1":{"Id":"1"}}', { '1': { Id: '1' } }],
    ['{}', {}],
    ['"{}"', {}],
    ['', {}],
  ])('takes %s for a result', (body, value) => {
    expect(read(200, body)).toEqual({ kind: 'value', value });
  });

  it.each(['[]', '7', 'null', '{"cut":', '<html>', `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`])(
    'takes a successful %s for no answer',
    (body) => {
      expect(read(200, body)).toEqual({ kind: 'silence', reason: 'the answer is not a JSON object' });
    },
  );

  it('passes silence on', () => {
    expect(readReply({ node: 'a', silence: 'gone' })).toEqual({ node: 'a', kind: 'silence', reason: 'gone' });
  });

  it.each([
    ['our own', 404, '{"code":"SESSION_NOT_FOUND","message":"no session 7"}', 'elsewhere', 'no session 7'],
    ['our own', 404, '{"code":"CONTAINER_NOT_MATCHED","message":"m"}', 'elsewhere', 'm'],
    ['our own', 404, '{"code":"HOOK_UNKNOWN","message":"no hook \\"x\\""}', 'refusal', 'no hook "x"'],
    ['a published agent', 400, '"No session with ID 123"', 'elsewhere', 'No session with ID 123'],
    ['a published agent', 404, '"No session with ID 123""{}"', 'elsewhere', 'No session with ID 123'],
    ['a published agent', 404, '{}', 'elsewhere', 'status 404'],
    ['a published agent', 404, '"exit status 2""{}"', 'refusal', 'exit status 2'],
    ['anybody', 500, '<h1>boom</h1>', 'refusal', '<h1>boom</h1>'],
    ['anybody', 503, '', 'refusal', 'status 503'],
  ])('reads a refusal of %s: %d %s', (_, status, body, kind, message) => {
    expect(read(status, body)).toMatchObject({ kind, refusal: { status, message } });
  });

  it('finds the code of ours in the header, whatever the body is', () => {
    const headers = { 'x-tracer-error': 'SESSION_NOT_FOUND' };
    expect(read(400, '"no session with id 7"', headers)).toEqual({
      kind: 'elsewhere',
      refusal: { status: 400, code: 'SESSION_NOT_FOUND', message: 'no session with id 7' },
    });
    expect(read(400, '"no session with id 7"', { 'x-tracer-error': 'SESSION_ID_INVALID' }).kind).toBe('elsewhere');
    expect(read(400, '"not a number"', { 'x-tracer-error': 'SESSION_ID_INVALID' }).kind).toBe('refusal');
  });

  it('keeps the error code and bounds the message', () => {
    const message = 'm'.repeat(9000);
    const { refusal } = read(400, JSON.stringify({ code: 'VALIDATION', message })) as { refusal: { message: string } };
    expect(refusal).toEqual({ status: 400, code: 'VALIDATION', message: message.slice(0, 2000) });
  });
});
