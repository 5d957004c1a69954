import { describe, expect, it } from '@jest/globals';
import { ByteBuffer } from './byte-buffer.js';
import { eachLine, writeRecord, type Rewriting } from './line-rewriter.js';
import { TraceRecord } from './trace-record.js';

const names = {
  FH: new Map([
    ['12046336058336786775', '/a "quoted" file'],
    ['ff', '/b'],
  ]),
  HH: new Map([['7', 'node1']]),
  SH: new Map([['5', './cm1.exe']]),
};

function rewritten(line: string, how: Rewriting): string {
  const record = new TraceRecord();
  const bytes = Buffer.from(line);
  expect(record.read(bytes, 0, bytes.length)).toBe('record');
  const out = new ByteBuffer();
  writeRecord(record, how, out);
  return out.take().toString();
}

describe('writeRecord', () => {
  it('copies the record byte for byte when nothing is asked', () => {
    expect(rewritten(' {"ts":1 , "args":{"fhash":"ff"}}, ', {})).toBe('{"ts":1 , "args":{"fhash":"ff"}}');
  });

  it('shifts ts and only ts, keeps its quotes, never goes below zero', () => {
    const shift = (ts: string, originUs = 1000): string =>
      rewritten(`{"a":"ts","ts":${ts},"dur":5,"args":{"ts":1}}`, { originUs }).slice(15, -25);
    expect(shift('1500')).toBe('500');
    expect(shift('"1500"')).toBe('"500"');
    expect(shift('1500.25')).toBe('500.25');
    expect(shift('1e3')).toBe('0');
    expect(shift('10')).toBe('0');
    expect(shift('"x"')).toBe('"x"');
    expect(shift('null')).toBe('null');
    expect(shift('9007199254740993')).toBe('9007199254739993');
    expect(shift('1698080323775554', 1698080323775000)).toBe('554');
    expect(rewritten('{"name":"a"}', { originUs: 5 })).toBe('{"name":"a"}');
    expect(rewritten('{"ts":5,"ts":7}', { originUs: 5 })).toBe('{"ts":5,"ts":2}');
  });

  it('adds the texts behind hashes inside args, whatever comes first in the line', () => {
    expect(rewritten('{"args":{"fhash":12046336058336786775,"hhash":"7"},"ts":9}', { names, originUs: 4 })).toBe(
      '{"args":{"fhash":12046336058336786775,"hhash":"7","fname":"/a \\"quoted\\" file","hostname":"node1"},"ts":5}',
    );
    expect(rewritten('{"args":{"cmd_hash":5,"exec_hash":"5","shash":5}}', { names })).toBe(
      '{"args":{"cmd_hash":5,"exec_hash":"5","shash":5,"cmd":"./cm1.exe","exec":"./cm1.exe","sname":"./cm1.exe"}}',
    );
  });

  it('leaves names that are there, unknown hashes and metadata records alone', () => {
    for (const line of [
      '{"args":{"fhash":"ff","fname":"x"}}',
      '{"args":{"fhash":"zz"}}',
      '{"args":{}}',
      '{"args":[1]}',
      '{"ph":"M","args":{"hhash":7}}',
    ]) {
      expect(rewritten(line, { names })).toBe(line);
    }
  });
});

describe('eachLine', () => {
  it('visits every line of a block', () => {
    const lines: string[] = [];
    const block = Buffer.from('a\nbc\n');
    eachLine(block, (start, end) => lines.push(block.toString('utf8', start, end)));
    expect(lines).toEqual(['a', 'bc']);
  });
});

describe('ByteBuffer', () => {
  it('grows, counts and starts anew', () => {
    const buffer = new ByteBuffer();
    const long = 'é'.repeat(100_000);
    buffer.text('x');
    buffer.text(long);
    expect(buffer.length).toBe(200_001);
    expect(buffer.take().toString()).toBe(`x${long}`);
    buffer.bytes(Buffer.from('abc'), 1, 3);
    expect(buffer.take().toString()).toBe('bc');
  });
});
