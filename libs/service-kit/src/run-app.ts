import { Server as HttpsServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { reasonOf, TracerError } from '@tracer/base';
import type { Logger } from 'pino';
import type { AppDefinition } from './app-definition.js';
import { usageOf } from './command-line.js';
import { createApp } from './create-app.js';
import { Readiness } from './health.js';
import { isLoopback, listenAddress, type ListenConfig } from './listen-config.js';
import { loadConfig, type ConfigSources } from './load-config.js';
import { createLogger } from './logging.js';
import { settingsOf } from './settings.js';
import { tokenFor } from './trust/new-token.js';
import { Trust } from './trust/trust.js';
import { VERSION } from './version.js';

/**
 * The whole life of an app's process: configuration, start, one graceful stop on SIGTERM or SIGINT within the deadline.
 * Exit codes: 0 after a stop, 1 when it cannot start, 2 when its configuration is wrong. `--new-token NAME:ROLE` makes a
 * token instead.
 */
export async function runApp<C extends ListenConfig>(
  definition: AppDefinition<C>,
  sources: ConfigSources,
): Promise<void> {
  const argv = sources.argv ?? [];
  if (argv.some((argument) => /^--?(help|h)$/.test(argument))) {
    say(usageOf(definition.name, settingsOf(definition.Config), new definition.Config()));
    return;
  }
  if (argv.some((argument) => /^--?version$/.test(argument))) {
    say(`${definition.name} ${VERSION}\n`);
    return;
  }
  const newTokenAt = argv.findIndex((argument) => /^--?new-token$/.test(argument));
  if (newTokenAt >= 0) {
    process.exitCode = printNewToken(definition.name, argv[newTokenAt + 1] ?? '');
    return;
  }
  const config = configOrExit(definition, sources);
  const log = createLogger(definition.name, config.logLevel);
  try {
    await start(definition, config, log);
  } catch (error) {
    log.fatal({ code: error instanceof TracerError ? error.code : undefined }, startProblem(error, config.address));
    process.exit(error instanceof TracerError && error.code === 'CONFIG_INVALID' ? 2 : 1);
  }
}

/** The token is for the one who will have it, the line for the list of tokens. */
function printNewToken(app: string, spec: string): number {
  try {
    const { token, line } = tokenFor(spec);
    say(`token, shown only now:   ${token}\nfor TRACER_TOKENS_FILE:  ${line}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${app}: ${reasonOf(error)}\n`);
    return 2;
  }
}

async function start<C extends ListenConfig>(
  definition: AppDefinition<C>,
  config: Readonly<C>,
  log: Logger,
): Promise<void> {
  const { host, port } = listenAddress(config.address);
  const app = await createApp(definition, { config, log });
  stopOnSignal(app, config.stopDeadlineMs, log);
  await app.listen(port, host);
  const { port: bound } = app.getHttpServer().address() as { port: number };
  const tls = app.getHttpServer() instanceof HttpsServer;
  const guarded = app.get(Trust).credentials.required;
  log.info({ host, port: bound, version: VERSION, tls, guarded }, 'listening');
  // In a container the own address says nothing; the engine publishes the port elsewhere.
  if (isLoopback(config.publishedOn || host)) return;
  if (!guarded) log.warn({ host }, 'reachable from other machines, and open to everybody who reaches it');
  else if (!tls) log.warn({ host }, 'reachable from other machines; without TLS, tokens can be read on the way');
}

function configOrExit<C extends ListenConfig>(definition: AppDefinition<C>, sources: ConfigSources): Readonly<C> {
  try {
    return loadConfig(definition.Config, sources);
  } catch (error) {
    process.stderr.write(`${definition.name}: ${reasonOf(error)}\n(--help lists the options)\n`);
    process.exit(2);
  }
}

function startProblem(error: unknown, address: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `cannot start: another process listens on ${address}`;
  if (code === 'EACCES') return `cannot start: no permission to listen on ${address}`;
  return `cannot start: ${reasonOf(error)}`;
}

/** Stops once: not ready any more, running requests may finish, streams end with their services, then the deadline cuts. */
function stopOnSignal(app: NestExpressApplication, deadlineMs: number, log: Logger): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    app.get(Readiness).draining = true;
    const server = app.getHttpServer();
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, 50);
    const closed = app.close().then(
      () => 'closed' as const,
      (error: unknown) => {
        log.error({ err: error }, 'something did not stop properly');
        return 'closed' as const;
      },
    );
    const outcome = await Promise.race([closed, sleep(deadlineMs, 'deadline' as const)]);
    clearInterval(idle);
    if (outcome === 'deadline') log.warn({ deadlineMs }, 'stop deadline reached, cutting what is left');
    log.info({}, 'stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  // Started by a supervisor that is gone, perhaps since before this line: nobody would stop this process any more.
  if (process.connected) process.once('disconnect', () => void stop('supervisor gone'));
  else if (process.send !== undefined) void stop('supervisor gone');
}

function say(text: string): void {
  process.stdout.write(text);
}
