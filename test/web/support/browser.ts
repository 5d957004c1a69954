import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

export const CHROMIUM = process.env['TRACER_CHROMIUM'] ?? '/usr/bin/chromium';
/** Looked at by people; git ignores it. */
export const ARTEFACTS = 'dist/pictures';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a profile of its own, and what went wrong in its pages. */
export interface TestBrowser {
  readonly context: BrowserContext;
  /** Errors of scripts, refused policies and the like, except for answers that a test provokes. */
  readonly complaints: string[];
  /** Requests that left for anywhere but the suite. */
  readonly strangers: string[];
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

export async function openBrowser(origin: string, viewport = { width: 1400, height: 850 }): Promise<TestBrowser> {
  if (!existsSync(CHROMIUM)) throw new Error(`there is no browser at ${CHROMIUM}; set TRACER_CHROMIUM to one`);
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: ARGS,
    viewport,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    timeout: 120_000,
  });
  context.setDefaultTimeout(60_000);
  const [complaints, strangers]: [string[], string[]] = [[], []];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    // Answers that are failures are shown by the page; Chromium logs them on its own.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(blob|data):/.test(url)) strangers.push(url);
  });
  return {
    context,
    complaints,
    strangers,
    newPage: () => context.newPage(),
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Keeps a picture of the page as it is now. */
export async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  await page.screenshot({ path: `${ARTEFACTS}/${name}.png`, timeout: 120_000 });
}
