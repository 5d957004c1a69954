import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { EventCatalog, parseEventFormat } from './event-format.js';

const COMMON = [
  '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;',
  '\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;',
  '\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;',
  '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;',
  '',
];

function formatText(name: string, id: number | string, ...fields: readonly string[]): string {
  const lines = fields.map((field) => {
    const [declaration, offset, size, signed] = field.split('|');
    return `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:${signed};`;
  });
  return [`name: ${name}`, `ID: ${id}`, 'format:', ...COMMON, ...lines, '', 'print fmt: "%d", REC->x', ''].join('\n');
}

describe('parseEventFormat', () => {
  it('reads fields of every shape the kernel declares', () => {
    const text = formatText(
      'zoo',
      366,
      'pid_t pid|8|4|1',
      'char comm[16]|12|16|0',
      'const char * filename|32|8|0',
      'unsigned long args[6]|40|48|0',
      '__u8 saddr[4]|88|4|0',
      '__data_loc char[] name|92|4|0',
      '__rel_loc char[] path|96|4|0',
      '__data_loc cpumask_t mask|100|4|0',
      'struct thing inner|104|24|0',
      'char buf[]|128|0|0',
    );
    const { id, fields, minLength } = parseEventFormat('zoo/zoo', text);
    expect([id, minLength]).toEqual([366, 128]);
    expect(fields.map((f) => [f.name, f.type, f.kind, f.offset, f.size, f.elementSize, f.locatedFrom])).toEqual([
      ['pid', 'pid_t', 'int', 8, 4, 4, undefined],
      ['comm', 'char', 'text', 12, 16, 1, undefined],
      ['filename', 'const char *', 'int', 32, 8, 8, undefined],
      ['args', 'unsigned long', 'int', 40, 48, 8, undefined],
      ['saddr', '__u8', 'bytes', 88, 4, 1, undefined],
      ['name', 'char', 'text', 92, 4, 4, 0],
      ['path', 'char', 'text', 96, 4, 4, 100],
      ['mask', 'cpumask_t', 'bytes', 100, 4, 4, 0],
      ['inner', 'struct thing', 'bytes', 104, 24, 24, undefined],
      ['buf', 'char', 'text', 128, 0, 0, undefined],
    ]);
  });

  it.each(['', 'name: x\nformat:\n', formatText('x', 'many'), formatText('x', 0), formatText('x', 70_000)])(
    'refuses a text that names no id: %j',
    (text) => {
      expect(() => parseEventFormat('g/x', text)).toThrow('g/x');
    },
  );

  it('says which field an event lacks', () => {
    const format = parseEventFormat('g/x', formatText('x', 5, 'int a|8|4|1'));
    expect([format.find('a')?.signed, format.find('b')]).toEqual([true, undefined]);
    expect(() => format.field('b')).toThrow('g/x of this kernel has no field b');
  });
});

describe('EventCatalog', () => {
  const root = mkdtempSync(join(tmpdir(), 'catalog-'));
  afterAll(() => {
    rmSync(root, { recursive: true });
  });
  function put(event: string, text: string): void {
    const file = join(root, 'events', event, 'format');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  put('syscalls/sys_enter_read', formatText('sys_enter_read', 842));
  put('syscalls/sys_exit_read', formatText('sys_exit_read', 841));
  put('syscalls/sys_enter_close', formatText('sys_enter_close', 700));
  put('syscalls/sys_exit_close', formatText('sys_exit_close', 701));
  put('syscalls/sys_enter_exit', formatText('sys_enter_exit', 300));
  const catalog = new EventCatalog(root);

  it('lists calls that have both an entry and an exit', () => {
    expect(catalog.syscalls()).toEqual(['close', 'read']);
  });

  it('reads a format once and keeps it', () => {
    const first = catalog.format('syscalls/sys_enter_read');
    put('syscalls/sys_enter_read', formatText('sys_enter_read', 1));
    expect([first.id, catalog.format('syscalls/sys_enter_read') === first]).toEqual([842, true]);
  });

  it('knows what there is and names what there is not', () => {
    expect(
      ['syscalls/sys_exit_exit', '../syscalls/x', 'syscalls/sys_exit_read'].map((name) => catalog.has(name)),
    ).toEqual([false, false, true]);
    expect(() => catalog.format('syscalls/sys_exit_exit')).toThrow('syscalls/sys_exit_exit is not available');
    expect(() => catalog.format('../../etc/passwd')).toThrow('not the name of an event');
  });

  it('is empty where no tracefs is', () => {
    const nowhere = new EventCatalog(join(root, 'nowhere'));
    expect([nowhere.syscalls(), nowhere.has('sched/sched_switch')]).toEqual([[], false]);
  });
});
