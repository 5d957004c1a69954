#!/usr/bin/env node
import { runCli } from './cli/program.js';

const [command, ...argv] = process.argv.slice(2);
const stop = new AbortController();

if (command === 'up') {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stop.abort();
    });
  // Loaded here only: what the suite needs takes longer to load than most commands take to run.
  const { upCommand } = await import('./up-command.js');
  process.exitCode = await upCommand(argv, process.env, stop.signal);
} else {
  process.exitCode = await askGateway();
}

/** The first Ctrl-C ends a command in order; the second one at once. */
async function askGateway(): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    });
  // `tracer events … | head`: a reader that has enough is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  const world = { env: process.env, out: process.stdout, err: process.stderr, interrupted: stop.signal };
  return runCli(process.argv.slice(2), world);
}
