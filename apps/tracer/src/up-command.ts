import 'reflect-metadata';
import { reasonOf } from '@tracer/base';
import { loadConfig, settingsOf, usageOf } from '@tracer/service-kit';
import { SuiteConfig } from './config.js';
import { startFailure, up } from './up.js';

/**
 * `tracer up`: runs the suite until `stop` aborts. Resolves with 0 after a stop that was asked for, 1 when the suite could
 * not go on, 2 when its configuration is wrong.
 */
export async function upCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stop: AbortSignal,
): Promise<number> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  if (argv.some((word) => /^--?(h|help)$/.test(word))) {
    print(usageOf('tracer up', settingsOf(SuiteConfig), new SuiteConfig()));
    return 0;
  }
  let config: SuiteConfig;
  try {
    config = loadConfig(SuiteConfig, { env, argv });
  } catch (error) {
    process.stderr.write(`tracer: ${reasonOf(error)}\n`);
    return 2;
  }
  try {
    return (await up(config, env, stop, print)) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`tracer cannot start: ${startFailure(error)}\n`);
    return 1;
  }
}
