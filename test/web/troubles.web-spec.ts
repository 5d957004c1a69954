import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { FilesSuite } from './fixtures/processes.js';
import { HOST, writeTrainingJob } from './fixtures/training-job.js';
import { Visitor } from './fixtures/visitor.js';

// What goes wrong between the page and its server: parts that fail, a server that goes and comes back asking for a token.
const PORT = 27_660;
const TOKEN = 'a-token-of-a-test-that-is-long-enough-to-be-one';
const TIMELINE = '#/files/timeline?dir=job7/';
jest.setTimeout(180_000);

describe('the page in trouble', () => {
  const suite = new FilesSuite(PORT);
  let visitor: Visitor;

  beforeAll(async () => {
    writeTrainingJob(join(suite.traces, 'job7'));
    await suite.start();
    visitor = await Visitor.arrive(suite.url);
  }, 240_000);
  afterAll(async () => {
    await visitor.leave();
    await suite.stop();
  }, 120_000);

  const loaded = (page: Page): Promise<void> => page.locator('.tl-corner[data-busy="false"]').waitFor();
  const failure = (page: Page) => page.getByRole('alert').filter({ hasText: 'Loading a part of the timeline failed' });

  it('says that a part of the timeline failed, and gets it when asked again', async () => {
    const { page } = visitor;
    await page.route('**/api/v1/viz/**', (route) =>
      route.fulfill({ status: 500, json: { error: 'the disk is gone' } }),
    );
    await page.goto(`${suite.url}/${TIMELINE}`);
    await failure(page).getByText('the disk is gone').waitFor();
    // The rows are there all the same.
    await page.getByRole('button', { name: HOST }).waitFor();
    await page.unroute('**/api/v1/viz/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await failure(page).waitFor({ state: 'detached' });
    await loaded(page);
    expect(Number(await page.locator('.tl-corner').getAttribute('data-tiles'))).toBeGreaterThan(0);
  });

  it('goes on by itself in every tab when the server is back, with a token each', async () => {
    const { page } = visitor;
    const other = await visitor.anotherTab();
    await other.goto(`${suite.url}/#/files`);
    await other.getByRole('link', { name: 'rank-0.pfw.gz' }).waitFor();
    await suite.stopGateway();
    for (let presses = 0; presses < 3; presses++) await page.keyboard.press('w');
    for (const tab of [page, other]) await tab.getByText('The server does not answer').first().waitFor();
    const hash = createHash('sha256').update(TOKEN).digest('hex');
    await suite.startGateway({ TRACER_TOKENS: `tester read sha256:${hash}` });
    for (const tab of [page, other]) {
      const dialog = tab.getByRole('dialog', { name: 'This server asks for a token' });
      await dialog.getByLabel('Token').fill(TOKEN);
      await dialog.getByRole('button', { name: 'Use it' }).click();
      await dialog.waitFor({ state: 'detached' });
    }
    await loaded(page);
    await failure(page).waitFor({ state: 'detached' });
    await other.getByRole('link', { name: 'rank-0.pfw.gz' }).waitFor();
    await other.close();
  }, 240_000);

  it('saves an export with a token, whole', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/files/export?dir=job7/&name=forward`);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download trace.folded' }).click();
    const text = readFileSync(await (await download).path(), 'utf8');
    expect(text.trim().split('\n')).toHaveLength(3);
    expect(text).toMatch(/^4000:4000;forward \d+$/m);
  });

  it('refuses a wrong token, and forgets it with the tab', async () => {
    const tab = await visitor.anotherTab();
    await tab.goto(`${suite.url}/${TIMELINE}`);
    const dialog = tab.getByRole('dialog', { name: 'This server asks for a token' });
    await dialog.getByLabel('Token').fill(`${TOKEN}-not`);
    await dialog.getByRole('button', { name: 'Use it' }).click();
    await dialog.getByLabel('Token').waitFor();
    await tab.keyboard.press('Escape');
    await tab.getByText('This server asks for a token.').waitFor();
    await tab.getByRole('button', { name: 'Enter it' }).click();
    await dialog.getByLabel('Token').fill(TOKEN);
    await dialog.getByRole('button', { name: 'Use it' }).click();
    await loaded(tab);
    await tab.close();
  });
});
