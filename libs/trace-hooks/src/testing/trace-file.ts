/** Trace files in a directory of their own, and what is in them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface TraceLine {
  readonly id: number;
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly ph: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export function makeDirectory(): { readonly path: string; file(name: string): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'trace-hooks-'));
  return {
    path,
    file: (name) => join(path, name),
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** All lines of a finished file. Throws when it has no proper begin or end, or a line is not JSON. */
export function readTrace(file: string): TraceLine[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  if (lines[0] !== '[' || lines.at(-2) !== ']' || lines.at(-1) !== '') throw new Error(`no brackets around ${file}`);
  return lines.slice(1, -2).map((line) => JSON.parse(line) as TraceLine);
}

/** Lines that stand for something traced. */
export function eventsIn(lines: readonly TraceLine[]): TraceLine[] {
  return lines.filter((line) => line.ph === 'X' && line.cat !== 'tracer');
}
