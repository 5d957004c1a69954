import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { instanceOf, instancesOf, removeInstance, stopRecording } from './trace-instance.js';

describe('the instance of an external hook', () => {
  let tracefs: string;

  beforeEach(() => {
    tracefs = mkdtempSync(join(tmpdir(), 'tracefs-'));
    mkdirSync(join(tracefs, 'instances/a'), { recursive: true });
    writeFileSync(join(tracefs, 'tracing_on'), '1');
  });
  afterEach(() => {
    rmSync(tracefs, { recursive: true });
  });

  it('is known by its stream, and only directly below instances', () => {
    expect(instanceOf(join(tracefs, 'instances/a/trace_pipe'), tracefs)).toBe(join(tracefs, 'instances/a'));
    for (const path of ['trace_pipe', 'instances/trace_pipe', 'instances/none/trace_pipe', 'instances/a/../../x']) {
      expect(instanceOf(`${tracefs}/${path}`, tracefs)).toBeUndefined();
    }
    expect(instanceOf('instances/a/trace_pipe', tracefs)).toBeUndefined();
    expect([...instancesOf(tracefs)]).toEqual(['a']);
    expect([...instancesOf('/nowhere')]).toEqual([]);
  });

  it('is switched off, which touches nothing else', () => {
    const on = join(tracefs, 'instances/a/tracing_on');
    stopRecording(join(tracefs, 'instances/a'));
    expect(() => readFileSync(on)).toThrow('ENOENT');
    writeFileSync(on, '1');
    stopRecording(join(tracefs, 'instances/a'));
    expect([readFileSync(on, 'utf8'), readFileSync(join(tracefs, 'tracing_on'), 'utf8')]).toEqual(['0', '1']);
  });

  it('is removed; one that is gone is no problem, any other failure is a reason', async () => {
    expect(await removeInstance(join(tracefs, 'instances/a'))).toBeUndefined();
    expect(await removeInstance(join(tracefs, 'instances/a'))).toBeUndefined();
    mkdirSync(join(tracefs, 'instances/full/x'), { recursive: true });
    expect(await removeInstance(join(tracefs, 'instances/full'))).toMatch(/^full: .*ENOTEMPTY/u);
  });
});
