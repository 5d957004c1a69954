import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { servePage } from './serve-page.js';

const SCRIPT = 'export const answer = 42;\n'.repeat(100);
const HTML = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8';

describe('servePage', () => {
  let directory: string;
  let server: Server;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'page-'));
    const app = express();
    app.use(servePage(join(directory, 'web')));
    app.use((_, response) => {
      response.status(404).json({ error: 'of the API' });
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  function build(text = '<!doctype html><title>tracer</title>'): void {
    for (const part of ['web/assets', 'web/speedscope']) mkdirSync(join(directory, part), { recursive: true });
    writeFileSync(join(directory, 'secret.js'), 'secret');
    writeFileSync(join(directory, 'web/assets/index-abc.js'), SCRIPT);
    writeFileSync(join(directory, 'web/assets/index-abc.js.br'), brotliCompressSync(SCRIPT));
    writeFileSync(join(directory, 'web/assets/index-abc.js.gz'), gzipSync(SCRIPT));
    writeFileSync(join(directory, 'web/speedscope/index.html'), '<!doctype html>');
    writeFileSync(join(directory, 'web/index.html'), text);
  }

  /** The bytes as they come over the wire. */
  const raw = async (path: string, encoding: string): Promise<{ message: IncomingMessage; body: Buffer }> => {
    const { port } = server.address() as AddressInfo;
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ port, path, headers: { 'Accept-Encoding': encoding } }, resolve).on('error', reject);
    });
    return { message, body: Buffer.concat(await message.toArray()) };
  };

  it('gives people the page, always asked for anew, without scripts of its own text', async () => {
    build();
    const answer = await request(server).get('/').set('Accept', HTML).expect(200);
    expect(answer.text).toContain('<title>tracer</title>');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    });
    const policy = answer.headers['content-security-policy'];
    expect(policy).toMatch(/default-src 'none'; script-src 'self';/);
    expect(policy).not.toMatch(/unsafe/);
  });

  it('leaves / to the API for programs, and every path that is no file of the page', async () => {
    build();
    for (const path of ['/', '/api/v1/nothing', '/ui/files', '/assets/', '/assets/none.js', '/secret.js'])
      await request(server).get(path).set('Accept', '*/*').expect(404, { error: 'of the API' });
    await request(server).post('/').set('Accept', HTML).expect(404);
    await request(server).post('/assets/index-abc.js').expect(404);
  });

  it.each(['/assets/..%2f..%2fsecret.js', '/assets/%2e%2e/%2e%2e/secret.js', '/assets/index-abc.js%00.html'])(
    'names no file outside: %s',
    async (path) => {
      build();
      const answer = await raw(path, 'identity');
      expect(answer.message.statusCode).toBe(404);
    },
  );

  it('gives hashed files for ever, as small as the client takes them', async () => {
    build();
    const br = await raw('/assets/index-abc.js', 'gzip, deflate, br');
    expect(br.message.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      vary: 'Accept-Encoding',
    });
    expect(brotliDecompressSync(br.body).toString()).toBe(SCRIPT);
    const gzip = await raw('/assets/index-abc.js', 'br;q=0, gzip;q=0.5');
    expect(gzip.message.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT);
    const plain = await raw('/assets/index-abc.js', 'identity');
    expect(plain.message.headers['content-encoding']).toBeUndefined();
    expect(plain.body.toString()).toBe(SCRIPT);
  });

  it('answers HEAD with the length and no body', async () => {
    build();
    const answer = await request(server).head('/assets/index-abc.js').set('Accept-Encoding', 'identity').expect(200);
    expect(answer.headers['content-length']).toBe(String(SCRIPT.length));
  });

  it('lets speedscope, and nothing else, style itself', async () => {
    build();
    const answer = await request(server).get('/speedscope/index.html').expect(200);
    expect(answer.headers['content-security-policy']).toMatch(/style-src 'self' 'unsafe-inline'/);
  });

  it('says how to build the page when it is not there, and shows a new build without a restart', async () => {
    const missing = await request(server).get('/').set('Accept', HTML).expect(503);
    expect(missing.text).toContain('npm run build:web');
    await request(server).get('/assets/index-abc.js').expect(404);
    build();
    await request(server)
      .get('/')
      .set('Accept', HTML)
      .expect(200, /tracer/);
    build('<!doctype html><title>newer</title>');
    utimesSync(join(directory, 'web/index.html'), new Date(), new Date(Date.now() + 10_000));
    await request(server).get('/').set('Accept', HTML).expect(200, /newer/);
  });

  it('takes sources for no page', async () => {
    mkdirSync(join(directory, 'web/src'), { recursive: true });
    writeFileSync(join(directory, 'web/index.html'), '<!doctype html>');
    await request(server).get('/').set('Accept', HTML).expect(503);
  });
});
