import 'reflect-metadata';
import { reasonOf } from '@tracer/base';
import { runApp } from '@tracer/service-kit';
import { app } from './app.js';
import { withDmConfiguration, type DmSources } from './dm/config/dm-sources.js';

function sourcesOrExit(): DmSources {
  try {
    const sources = withDmConfiguration({ env: process.env, argv: process.argv.slice(2) });
    for (const note of sources.notes) process.stderr.write(`${app.name}: ${note}\n`);
    return sources;
  } catch (error) {
    process.stderr.write(`${app.name}: ${reasonOf(error)}\n`);
    process.exit(2);
  }
}

await runApp(app, sourcesOrExit());
