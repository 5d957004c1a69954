/**
 * `npm run screenshots`: makes the pictures of the README anew. They are those that the web tests take on their way, made
 * small; `--keep` uses the ones of the last run instead of running the tests.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { assertNode, buildIfNeeded, installIfNeeded, run } from './prepare.mjs';

/** Picture of a test → file of docs/pictures. */
const PICTURES = [
  ['files-details', 'timeline'],
  ['files-summary', 'summary'],
  ['trace-waterfall', 'waterfall'],
  ['session-live', 'session'],
];
const FROM = new URL('../dist/pictures/', import.meta.url);
const TO = new URL('../docs/pictures/', import.meta.url);
const QUALITY = 60;

assertNode();
installIfNeeded();
if (!process.argv.includes('--keep')) {
  buildIfNeeded();
  run('npm', ['run', '--silent', 'test:web']);
}

const executablePath = process.env.TRACER_CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1400, height: 850 } });
const client = await page.context().newCDPSession(page);
mkdirSync(TO, { recursive: true });
for (const [picture, name] of PICTURES) {
  const png = readFileSync(new URL(`${picture}.png`, FROM)).toString('base64');
  await page.setContent(`<body style="margin:0"><img src="data:image/png;base64,${png}" style="width:1400px">`);
  await page.locator('img').waitFor();
  const { data } = await client.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  const bytes = Buffer.from(data, 'base64');
  writeFileSync(new URL(`${name}.webp`, TO), bytes);
  console.log(`docs/pictures/${name}.webp ${(bytes.length / 1024).toFixed(0)} KiB`);
}
await browser.close();
