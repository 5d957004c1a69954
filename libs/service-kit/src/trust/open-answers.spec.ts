import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAnswers } from './open-answers.js';
import type { Principal } from './principal.js';

const who: Principal = { name: 'alice', roles: ['read'], by: 'token' };
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Following {
  readonly answers: OpenAnswers;
  readonly response: ServerResponse;
  readonly answer: IncomingMessage;
  /** All that came, and whether it came to a proper end. */
  readonly rest: Promise<{ text: string; complete: boolean }>;
}

/** A client that follows a stream whose beginning has arrived. */
async function follow(contentType: string, begin: string, isStream = true): Promise<Following> {
  const answers = new OpenAnswers();
  let given: ServerResponse | undefined;
  server = createServer((_, response) => {
    given = response;
    response.once('close', answers.add(response, who, 'read', isStream));
    // As everywhere in the suite: Node keeps what `writeHead` is given only beside a field that was set before.
    response.setHeader('X-Request-Id', '1');
    response.writeHead(200, { 'content-type': contentType });
    response.write(begin);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  const rest = new Promise<{ text: string; complete: boolean }>((resolve) => {
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('error', () => undefined);
    answer.on('close', () => {
      resolve({ text: Buffer.concat(chunks).toString(), complete: answer.complete });
    });
  });
  if (given === undefined) throw new Error('no response');
  return { answers, response: given, answer, rest };
}

const revoke = (answers: OpenAnswers): void => {
  answers.endUnless(() => false, 'revoked');
};

describe('OpenAnswers', () => {
  it('tells a stream of SSE why it ends, and is done with it', async () => {
    const { answers, response, rest } = await follow('text/event-stream', 'data: {"id":1}\n\n');
    expect(answers.size).toBe(1);
    answers.endUnless(() => true, 'not yet');
    response.write('data: {"id":2}\n\n');
    revoke(answers);
    // Whoever still writes is not told, and does no harm.
    expect(response.write('data: {"id":3}\n\n')).toBe(true);
    response.end('data: {"id":4}\n\n');
    expect(await rest).toEqual({
      text: 'data: {"id":1}\n\ndata: {"id":2}\n\nevent: end\ndata: {"reason":"revoked"}\n\n',
      complete: true,
    });
    expect([answers.size, answers.cuts]).toEqual([0, 1]);
  });

  it('waits for the end of a line', async () => {
    const { answers, response, rest } = await follow('application/x-ndjson', '{"id":1}\n{"i');
    revoke(answers);
    response.write(Buffer.from('d":2}\n'));
    response.write('{"id":3}\n');
    const { text, complete } = await rest;
    const lines = text.trimEnd().split('\n');
    expect(complete).toBe(true);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 1 },
      { id: 2 },
      expect.objectContaining({ name: 'stream ended', args: { reason: 'revoked' } }),
    ]);
  });

  it('cuts a stream that stays in the middle of a line', async () => {
    const { answers, rest } = await follow('application/x-ndjson', '{"id":1}\n{"i');
    revoke(answers);
    expect(await rest).toEqual({ text: '{"id":1}\n{"i', complete: false });
  });

  it.each([
    ['application/json', true],
    ['text/event-stream', false],
  ])('breaks off what could not say why it ends: %s, stream %s', async (type, isStream) => {
    const { answers, rest } = await follow(type, '[1,', isStream);
    revoke(answers);
    expect(await rest).toEqual({ text: '[1,', complete: false });
  });

  it('ends only what would not be let in any more', async () => {
    const { answers, response, rest } = await follow('application/x-ndjson', '{"id":1}\n');
    answers.endUnless((principal, role) => principal === who && role === 'read', 'revoked');
    response.end('{"id":2}\n');
    expect(await rest).toEqual({ text: '{"id":1}\n{"id":2}\n', complete: true });
    expect([answers.size, answers.cuts]).toEqual([0, 0]);
  });
});
