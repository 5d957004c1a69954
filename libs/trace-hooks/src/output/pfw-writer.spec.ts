import {
  appendFileSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TracerError } from '@tracer/base';
import { makeDirectory } from '../testing/trace-file.js';
import { BLOCK_BYTES, BlockPool } from './block-pool.js';
import { CLOSING_MEMBER, closeTornFile, OPENING_MEMBER, walkMembers } from './gzip-member.js';
import { PfwWriter } from './pfw-writer.js';

const directory = makeDirectory();
afterAll(() => {
  directory.remove();
});
let files = 0;
const newFile = (): string => directory.file(`${files++}.pfw.gz`);

function put(writer: PfwWriter, text: string): void {
  writer.openLine();
  writer.lines.text(`${text}\n`);
  writer.closeLine();
}

async function settled(pool: BlockPool): Promise<void> {
  while (pool.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

const text = (file: string): string => gunzipSync(readFileSync(file)).toString();

describe('PfwWriter', () => {
  it('is a readable file from the first moment to the last', async () => {
    const file = newFile();
    const pool = new BlockPool();
    const writer = PfwWriter.open(file, pool);
    expect(text(file)).toBe('[\n');
    put(writer, '{"a":1}');
    writer.sealOlderThan(60_000);
    expect(text(file)).toBe('[\n');
    writer.seal();
    await settled(pool);
    expect(text(file)).toBe('[\n{"a":1}\n');
    put(writer, '{"a":2}');
    await writer.close();
    expect([text(file), writer.failure, writer.fileBytes]).toEqual([
      '[\n{"a":1}\n{"a":2}\n]\n',
      undefined,
      statSync(file).size,
    ]);
  });

  it('keeps the order of lines over many blocks and never splits one over members', async () => {
    const file = newFile();
    const writer = PfwWriter.open(file, new BlockPool());
    const pad = 'x'.repeat(1000);
    const lines = Array.from({ length: 5000 }, (_, index) => `{"n":${index},"pad":"${pad}"}`);
    for (const line of lines) {
      put(writer, line);
      if (Math.random() < 0.01) await new Promise(setImmediate);
    }
    await writer.close();
    expect(text(file)).toBe(`[\n${lines.join('\n')}\n]\n`);
    const bytes = readFileSync(file);
    let members = 0;
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUInt32LE(at + 16);
      const member = gunzipSync(bytes.subarray(at, at + length)).toString();
      expect(member.endsWith('\n')).toBe(true);
      at += length;
      members++;
    }
    expect(members).toBeGreaterThan(5);
  });

  it('goes on behind the closing bracket of an earlier run', async () => {
    const file = newFile();
    for (const run of [1, 2, 3]) {
      const writer = PfwWriter.open(file, new BlockPool());
      put(writer, `{"run":${run}}`);
      await writer.close();
    }
    expect(text(file)).toBe('[\n{"run":1}\n{"run":2}\n{"run":3}\n]\n');
  });

  it('goes on behind the last whole member of a run that was killed', async () => {
    const file = newFile();
    const first = PfwWriter.open(file, new BlockPool());
    put(first, '{"run":1}');
    await first.close();
    appendFileSync(file, readFileSync(file).subarray(0, 30));
    const second = PfwWriter.open(file, new BlockPool());
    put(second, '{"run":2}');
    await second.close();
    expect(text(file)).toBe('[\n{"run":1}\n{"run":2}\n]\n');
  });

  it('refuses a file that something else wrote, and leaves it alone', () => {
    for (const foreign of [Buffer.from('precious'), gzipSync('[\n{"a":1}\n]\n')]) {
      const file = newFile();
      writeFileSync(file, foreign);
      expect(() => PfwWriter.open(file, new BlockPool())).toThrow(TracerError);
      expect(readFileSync(file)).toEqual(foreign);
    }
  });

  it('says at once which file cannot be written, and why', () => {
    const [occupied, full] = [newFile(), newFile()];
    mkdirSync(occupied);
    symlinkSync('/dev/full', full);
    expect(() => PfwWriter.open(occupied, new BlockPool())).toThrow(occupied);
    expect(() => PfwWriter.open(full, new BlockPool())).toThrow('ENOSPC');
  });

  it('stops at the first failure, says why, and gives its memory back', async () => {
    const file = newFile();
    const pool = new BlockPool();
    const writer = PfwWriter.open(file, pool);
    put(writer, '{"a":1}');
    // Behind the writer's back its descriptor comes to stand for a file that is open for reading only.
    const fd = Number(readdirSync('/proc/self/fd').find((number) => linkOf(number) === file));
    closeSync(fd);
    expect(openSync(file, 'r')).toBe(fd);
    writer.seal();
    for (let line = 0; line < 3000; line++) put(writer, `{"pad":"${'y'.repeat(1000)}"}`);
    await settled(pool);
    await writer.close();
    expect(writer.failure?.message).toContain('EBADF');
    expect([text(file), pool.isFull, writer.fileBytes]).toEqual(['[\n', false, OPENING_MEMBER.length]);
  });

  it('shows a tap every line once, from the moment it is there', async () => {
    const writer = PfwWriter.open(newFile(), new BlockPool());
    const shown: [string, number][] = [];
    put(writer, 'before');
    writer.showTap();
    writer.tap = (bytes, lines) => shown.push([bytes.toString(), lines]);
    put(writer, 'one');
    put(writer, 'two');
    writer.showTap();
    writer.showTap();
    put(writer, 'three');
    writer.seal();
    put(writer, 'four');
    await writer.close();
    expect(shown).toEqual([
      ['one\ntwo\n', 2],
      ['three\n', 1],
      ['four\n', 1],
    ]);
  });

  it('expects the size of the file from what has been compressed so far', async () => {
    const pool = new BlockPool();
    const writer = PfwWriter.open(newFile(), pool);
    for (let line = 0; line < 40_000; line++)
      put(writer, `{"n":${line},"pad":"0123456789012345678901234567890123456789"}`);
    await settled(pool);
    const expected = writer.expectedBytes;
    expect(expected).toBeGreaterThan(writer.fileBytes);
    await writer.close();
    expect(expected / writer.fileBytes).toBeGreaterThan(0.9);
    expect(expected / writer.fileBytes).toBeLessThan(1.5);
  });
});

/** Takes what is in a pipe; false when nothing was. */
function drained(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(1 << 20)) > 0;
  } catch {
    return false;
  }
}

describe('a PfwWriter whose disk hangs', () => {
  it('gives up, and neither its memory nor its end waits for the write', async () => {
    // A pipe that nobody empties takes 64 KiB and then blocks the write, which nothing can interrupt.
    const file = newFile();
    execFileSync('mkfifo', [file]);
    const pool = new BlockPool();
    const writer = PfwWriter.open(file, pool);
    const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      for (let line = 0; pool.inFlight < 4; line++) put(writer, `${line} ${randomBytes(300).toString('base64')}`);
      writer.giveUpAfter(60_000);
      expect(writer.failure).toBeUndefined();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(pool.inFlight).toBeGreaterThan(0);
      writer.giveUpAfter(100);
      expect([writer.failure?.message, pool.inFlight]).toEqual([expect.stringContaining('has taken nothing'), 0]);
      await writer.close();
    } finally {
      // Lets the write end, and with it the thread that is in it.
      for (let idle = 0; idle < 5; idle = drained(fd) ? 0 : idle + 1) await new Promise((go) => setTimeout(go, 10));
      closeSync(fd);
    }
  });
});

describe('a PfwWriter with a limit', () => {
  it.each([2000, 20_000, 300_000])('is full near %s bytes', async (maxBytes) => {
    const pool = new BlockPool();
    const writer = PfwWriter.open(newFile(), pool, maxBytes);
    for (let line = 0; !writer.isFull; line++) {
      put(writer, `{"n":${line},"at":${Math.random()}}`);
      if (line % 1000 === 0) await settled(pool);
    }
    await writer.close();
    expect(writer.fileBytes).toBeGreaterThan(maxBytes * 0.5);
    expect(writer.fileBytes).toBeLessThan(maxBytes * 1.5 + 10_000);
  });
});

describe('BlockPool', () => {
  it('is full while too many blocks wait for the disk, and says when there is room', () => {
    const pool = new BlockPool();
    let rooms = 0;
    pool.onRoom = () => rooms++;
    const blocks = Array.from({ length: 8 }, () => pool.take());
    for (const block of blocks) {
      expect([pool.isFull, block.length > BLOCK_BYTES]).toEqual([false, true]);
      pool.sealed();
    }
    expect(pool.isFull).toBe(true);
    pool.finished(blocks[0] ?? Buffer.alloc(0));
    expect([pool.isFull, rooms]).toEqual([false, 1]);
  });
});

describe('walkMembers and closeTornFile', () => {
  it('find the whole members of a file cut off anywhere, and give it a proper end', async () => {
    const source = newFile();
    const writer = PfwWriter.open(source, new BlockPool());
    for (const line of ['{"a":1}', '{"a":2}', '{"a":3}']) {
      put(writer, line);
      writer.seal();
    }
    await writer.close();
    const bytes = readFileSync(source);
    const file = newFile();
    fc.assert(
      fc.property(fc.nat(bytes.length), (length) => {
        writeFileSync(file, bytes.subarray(0, length));
        const torn = closeTornFile(file) ?? -1;
        const lines = text(file).split('\n');
        expect(lines.at(-2)).toBe(']');
        expect(statSync(file).size).toBe(length - torn + (length === bytes.length ? 0 : CLOSING_MEMBER.length));
        // What was whole is there, in order.
        expect(text(source).startsWith(text(file).slice(0, -2))).toBe(true);
        expect(closeTornFile(file)).toBe(0);
      }),
      { interruptAfterTimeLimit: 1500 },
    );
  });

  it('leave a file alone that was not written here', () => {
    const file = newFile();
    writeFileSync(file, gzipSync('hello'));
    expect(closeTornFile(file)).toBeUndefined();
    truncateSync(file, 5);
    expect(closeTornFile(file)).toBeUndefined();
  });

  it('do not believe a length that leads nowhere', () => {
    const file = newFile();
    const lying = Buffer.from(OPENING_MEMBER);
    lying.writeUInt32LE(0, 16);
    writeFileSync(file, lying);
    const fd = openSync(file, 'r');
    try {
      expect(walkMembers(fd)).toBeUndefined();
    } finally {
      closeSync(fd);
    }
  });
});
