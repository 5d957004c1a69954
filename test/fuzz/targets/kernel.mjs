/** What comes from the kernel, from hooks, and from whoever starts a session. */
import { built } from '../built.mjs';
import { existsSync } from 'node:fs';

const { PageCursor } = await built('libs/trace-hooks/src/ring/ring-page.js');
const { parseEventFormat, EventCatalog } = await built('libs/trace-hooks/src/event-format.js');
const { parseTraceLine } = await built('libs/trace-hooks/src/external/trace-line.js');
const { nativeHooks } = await built('libs/trace-hooks/src/index.js');
const { parseArguments, TIME_OPTION } = await built('libs/trace-hooks/src/hooks/arguments.js');

const GUARD = 4096;
const memory = Buffer.alloc(GUARD * 3);

/** A page of 100 short records; the guards around it are ones, so that a read outside of it shows as a record there. */
function page() {
  const bytes = Buffer.alloc(4096);
  bytes.writeBigUInt64LE(5_000_000_000_000n, 0);
  for (let at = 0; at < 100; at++) {
    bytes.writeUInt32LE(((at * 7) << 5) | 4, 16 + at * 20);
    bytes.writeUInt16LE(at % 5, 20 + at * 20);
  }
  bytes.writeUInt32LE(2000, 8);
  return bytes;
}

function walk(bytes) {
  const size = Math.min(4096, bytes.length & ~3);
  memory.fill(0xff);
  bytes.copy(memory, GUARD, 0, size);
  const cursor = new PageCursor(
    new Uint32Array(memory.buffer, memory.byteOffset, memory.length / 4),
    5_000_000_000_000n,
  );
  cursor.open(GUARD, size);
  let records = 0;
  while (cursor.next()) {
    if (++records > 2048) throw new Error('more records than a page can hold');
    if (cursor.recordAt < GUARD || cursor.recordAt + cursor.recordBytes > GUARD + size)
      throw new Error(`record ${cursor.recordAt - GUARD}+${cursor.recordBytes} lies outside of a page of ${size}`);
  }
}

const FORMAT = Buffer.from(
  'name: sched_switch\nID: 314\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;\n\nprint fmt: "x"\n',
);
const LINE = Buffer.from(
  '    tar-4711    ( 4700) [001] d..2.  1041.175695: sched_switch: prev_comm=bash prev_pid=6220',
);
const ARGUMENTS = [
  '-s read write -t 500',
  '--syscall=%file,open* --time 10',
  '-k oncpu -m 1000',
  '-e packets probe',
  '--device vda -m5',
];
const TRACEFS = '/sys/kernel/tracing';

export const targets = [
  { name: 'ring page', seeds: [page()], run: walk },
  { name: 'format of an event', seeds: [FORMAT], run: (bytes) => parseEventFormat('sched_switch', bytes.toString()) },
  { name: 'line of a text trace', seeds: [LINE], run: (bytes) => parseTraceLine(bytes.toString()) },
  existsSync(`${TRACEFS}/events`)
    ? {
        name: 'arguments of all native hooks',
        seeds: ARGUMENTS.map((text) => Buffer.from(text)),
        run: planAll(new EventCatalog(TRACEFS)),
      }
    : {
        name: 'arguments of hooks',
        seeds: ARGUMENTS.map((text) => Buffer.from(text)),
        run: (bytes) => parseArguments(wordsOf(bytes), [TIME_OPTION]),
      },
];

const wordsOf = (bytes) => bytes.toString().split(/\s+/).filter(Boolean).slice(0, 256);

function planAll(catalog) {
  return (bytes) => {
    let refusal;
    for (const hook of nativeHooks)
      try {
        hook.plan(wordsOf(bytes), catalog);
      } catch (error) {
        if (error.constructor.name !== 'TracerError') throw error;
        refusal = error;
      }
    if (refusal !== undefined) throw refusal;
  };
}
