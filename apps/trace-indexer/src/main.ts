import 'reflect-metadata';
import { loadConfig, runApp, type ConfigSources } from '@tracer/service-kit';
import { TraceIndexerConfig } from './config.js';
import { indexOnly } from './index-only/index-only.js';

const sources = { env: process.env, argv: process.argv.slice(2) };
const config = readConfig(sources);
if (config?.indexOnly) process.exitCode = await indexOnly(config, process.stderr);
// Building indexes needs little memory; the service is only loaded to serve.
else await runApp((await import('./app.js')).app, sources);

/** `undefined` when it is wrong: then `runApp` says what is. */
function readConfig(from: ConfigSources): Readonly<TraceIndexerConfig> | undefined {
  try {
    return loadConfig(TraceIndexerConfig, from);
  } catch {
    return undefined;
  }
}
