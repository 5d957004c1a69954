import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startDemoPod, type DemoPod } from '../host/fixtures/demo-pod.js';
import { damagedFiles } from './damaged-files.js';
import type { Fault } from './fault.js';
import { fullDisks } from './full-disks.js';
import { killedProcesses } from './killed-processes.js';
import { manyClients } from './many-clients.js';
import { circumstances, table, writeSection, type Row } from './report.js';
import { SuiteStage } from './suite-stage.js';
import { trustAndTime } from './trust-and-time.js';

/**
 * Breaks the built suite in every way we could think of, one after the other, on one start: what a fault leaves behind is
 * what the next one begins with.
 *
 * FAULTS_SCALE=5 repeats and lasts longer; FAULTS_WRITE=1 puts the table into docs/reliability.md.
 */
const scale = Number(process.env['FAULTS_SCALE'] ?? '1');
const faults: readonly Fault[] = [...killedProcesses, ...damagedFiles, ...trustAndTime, ...manyClients, ...fullDisks];

describe('the suite, broken', () => {
  const stage = new SuiteStage();
  const rows: Row[] = [];
  let pod: DemoPod;
  beforeAll(async () => {
    pod = await startDemoPod({ name: 'faults-1' });
    await stage.start();
  }, 180_000);
  afterAll(async () => {
    await stage.stop();
    await pod.stop();
    process.stdout.write(`\n${circumstances(rows, scale)}\n\n${table(rows)}\n`);
    if (process.env['FAULTS_WRITE'] === '1' && rows.length === faults.length)
      writeSection('faults', `${circumstances(rows, scale)}\n\n${table(rows)}`);
  }, 120_000);

  it.each(faults)(
    '$name',
    async (fault) => {
      const startedAt = performance.now();
      let measured: string | undefined;
      let failure: string | undefined;
      try {
        measured = await fault.run(stage, { factor: scale });
        await stage.ready();
      } catch (error) {
        failure = (error as Error).message;
        throw new Error(`${(error as Error).message}\n\nlast words of the suite:\n${stage.saidLast}`, { cause: error });
      } finally {
        stage.endBackground();
        rows.push({ name: fault.name, must: fault.must, measured, failure, tookMs: performance.now() - startedAt });
      }
      expect(measured).not.toBe('');
    },
    300_000 * Math.max(1, scale),
  );
});
