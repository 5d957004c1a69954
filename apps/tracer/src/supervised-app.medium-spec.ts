import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SupervisedApp } from './supervised-app.js';

const directory = mkdtempSync(join(tmpdir(), 'supervised-app-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function app(source: string): { app: SupervisedApp; lines: string[]; hopeless: string[] } {
  const script = join(directory, `${String(Math.random())}.mjs`);
  writeFileSync(script, source);
  const lines: string[] = [];
  const hopeless: string[] = [];
  const command = { name: 'demo', script, argv: [], env: { PATH: process.env['PATH'] } };
  const supervised = new SupervisedApp(
    command,
    (_, line) => lines.push(line),
    (name) => hopeless.push(name),
  );
  return { app: supervised, lines, hopeless };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('waited 10 s in vain');
    await sleep(20);
  }
}

describe('SupervisedApp', () => {
  it('starts an app again when it ends, with a pause that it announces', async () => {
    const { app: supervised, lines } = app('console.log("up"); setTimeout(() => process.exit(3), 20);');
    supervised.start();
    await until(() => lines.filter((line) => line === 'up').length >= 2);
    await supervised.stop(1_000);
    expect(lines).toContain('ended with code 3; starts again in 0.5 s');
  });

  it('gives up at once when the configuration is wrong', async () => {
    const { app: supervised, lines, hopeless } = app('console.error("no such flag"); process.exit(2);');
    supervised.start();
    await until(() => hopeless.length > 0);
    await supervised.stop(1_000);
    expect(lines).toEqual(['no such flag']);
  });

  it('lets an app end gracefully and kills one that does not', async () => {
    const polite = app(
      'process.on("SIGTERM", () => { console.log("bye"); process.exit(0); }); console.log("up"); setInterval(() => {}, 1000);',
    );
    const deaf = app('process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000);');
    for (const { app: supervised, lines } of [polite, deaf]) {
      supervised.start();
      await until(() => lines.includes('up'));
      await supervised.stop(300);
      expect(supervised.pid).toBeUndefined();
    }
    expect(polite.lines).toEqual(['up', 'bye']);
  });
});
