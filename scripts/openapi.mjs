/**
 * Writes openapi/<app>.json for every app, from its decorators alone: nothing is started, connected or listened on.
 * With --check nothing is written; a difference to the committed documents ends with code 1.
 */
import 'reflect-metadata';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const APPS = ['tracer-svc', 'tracer-node', 'trace-indexer', 'span-api'];
const check = process.argv.includes('--check');
const { createApp, createLogger, loadConfig, openApiDocument } = await import('../dist/libs/service-kit/src/index.js');

mkdirSync('openapi', { recursive: true });
const stale = [];
for (const name of APPS) {
  const { app: definition } = await import(`../dist/apps/${name}/src/app.js`);
  const context = { config: loadConfig(definition.Config, { env: {} }), log: createLogger(name, 'silent') };
  const app = await createApp(definition, context, { preview: true });
  const document = `${JSON.stringify(openApiDocument(app, definition), null, 2)}\n`;
  const file = `openapi/${name}.json`;
  if (!check) writeFileSync(file, document);
  else if (document !== read(file)) stale.push(file);
}
if (stale.length > 0) {
  console.error(`not up to date: ${stale.join(', ')}; run "npm run openapi" and commit the result`);
  process.exit(1);
}
console.log(`${APPS.length} OpenAPI documents ${check ? 'are up to date' : 'written'}`);
process.exit(0);

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
