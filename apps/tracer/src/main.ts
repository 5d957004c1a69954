#!/usr/bin/env node
import 'reflect-metadata';
import { reasonOf } from '@tracer/base';
import { loadConfig, usageOf, settingsOf, VERSION } from '@tracer/service-kit';
import { SuiteConfig } from './config.js';
import { startFailure, up } from './up.js';

const [command = 'up', ...argv] = process.argv.slice(2);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (argv.concat(command).some((argument) => /^--?(h|help)$/.test(argument))) {
  print(usageOf('tracer up', settingsOf(SuiteConfig), new SuiteConfig()));
} else if (command === '--version') {
  print(`tracer ${VERSION}`);
} else if (command !== 'up') {
  process.stderr.write(`tracer: unknown command "${command}"; try "tracer up --help"\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await runSuite();
}

/** 0 after a stop that was asked for, 1 when the suite could not go on, 2 when its configuration is wrong. */
async function runSuite(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stop.abort();
    });
  let config: SuiteConfig;
  try {
    config = loadConfig(SuiteConfig, { env: process.env, argv });
  } catch (error) {
    process.stderr.write(`tracer: ${reasonOf(error)}\n`);
    return 2;
  }
  try {
    return (await up(config, process.env, stop.signal, print)) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`tracer cannot start: ${startFailure(error)}\n`);
    return 1;
  }
}
