import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser, shot, type TestBrowser } from './fixtures/browser.js';
import { FilesSuite } from './fixtures/processes.js';
import { HOST, HOSTILE_NAME, samplePath, writeTrainingJob } from './fixtures/training-job.js';

// The page in a real browser, on the built gateway and indexer, with a directory as DFTracer writes it.
const PORT = 27_640;
// Longer than a locator waits, so that a failure names what was not found.
jest.setTimeout(180_000);

describe('the page of trace files', () => {
  const suite = new FilesSuite(PORT);
  let browser: TestBrowser;
  let page: Page;

  beforeAll(async () => {
    writeTrainingJob(join(suite.traces, 'job7'));
    await suite.start();
    browser = await openBrowser(suite.url);
    page = await browser.newPage();
  }, 240_000);

  afterAll(async () => {
    await browser.close();
    await suite.stop();
  }, 120_000);

  /** All of the timeline that was asked for is there. */
  const loaded = (): Promise<void> => page.locator('.tl-corner[data-busy="false"]').waitFor();

  /** The page has gone to a place; it writes its state there without loading anything. */
  async function placed(isThere: (hash: string) => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!isThere(new URL(page.url()).hash)) {
      if (Date.now() > deadline) throw new Error(`the page stayed at ${page.url()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it('walks from the directory to a selected call with the name of its file', async () => {
    await page.goto(suite.url);
    await page.getByRole('heading', { name: 'Trace files' }).waitFor();
    await page.getByRole('link', { name: 'rank-0.pfw.gz' }).waitFor();
    await shot(page, 'files-list');
    await page.getByRole('link', { name: 'Open as one job' }).click();
    await page.getByRole('button', { name: HOST }).waitFor();
    await page.getByRole('button', { name: /Rank 2 · pid 4002/ }).waitFor();
    await loaded();
    await shot(page, 'files-timeline');

    // The second reading of the first sample of rank 0: found by zooming in on the canvas, as people do.
    const link = new URL(page.url());
    link.hash = `#/files/timeline?dir=job7&from=1790000000123456&to=1790000000139456`;
    await page.goto(link.href);
    await loaded();
    const lanes = page.locator('.tl-lanes canvas');
    const box = await lanes.boundingBox();
    if (box === null) throw new Error('the lanes are not in view');
    // 3 ms of 16 from the left edge; the third line of the first thread: run, epoch, sample, read.
    const x = box.width * ((100 + 120 + 1_900 + 500) / 16_000);
    const row = await page.locator('.tl-row.thread').first().boundingBox();
    if (row === null) throw new Error('the first thread is not in view');
    await lanes.click({ position: { x, y: row.y - box.y + 2 + 18 * 3 + 8 } });
    const details = page.getByRole('complementary', { name: 'Selected event' });
    await details.getByRole('heading', { name: 'read' }).waitFor();
    await details.getByText(samplePath(0, 0)).waitFor();
    expect(await details.getByText('1.05 ms').count()).toBe(1);
    expect(await details.getByText('12046336058336786000').count()).toBe(1);
    await loaded();
    await shot(page, 'files-details');
  });

  it('goes to the next and the previous of the same name, and back', async () => {
    const details = page.getByRole('complementary', { name: 'Selected event' });
    const before = page.url();
    await page.keyboard.press(']');
    await details.getByText('1.2 ms').waitFor();
    await page.keyboard.press('[');
    await details.getByText('1.05 ms').waitFor();
    expect(new URL(page.url()).hash).toBe(new URL(before).hash);
    await page.goBack();
    await details.getByText('1.2 ms').waitFor();
  });

  it('opens a link at the same place in another tab', async () => {
    const other = await browser.newPage();
    await other.goto(page.url());
    const details = other.getByRole('complementary', { name: 'Selected event' });
    await details.getByText(samplePath(0, 0)).waitFor();
    await other.close();
  });

  it('sums an area up by name', async () => {
    await page.goto(`${suite.url}/#/files/timeline?dir=job7`);
    await loaded();
    await page.getByRole('button', { name: /Drag to select an area/ }).click();
    const box = await page.locator('.tl-lanes canvas').boundingBox();
    if (box === null) throw new Error('the lanes are not in view');
    await page.mouse.move(box.x + 2, box.y + 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + box.height - 2, { steps: 5 });
    await page.mouse.up();
    const sums = page.getByRole('complementary', { name: 'Selected area' });
    // 3 ranks × 48 steps × 6 reads of a MiB.
    await sums.getByRole('row', { name: /^read 864 .* 864 MiB$/ }).waitFor();
    await shot(page, 'files-area');
  });

  it('shows names with markup as text and cuts an argument of a MiB with its size', async () => {
    await page.goto(`${suite.url}/#/files/events?dir=job7&name=${encodeURIComponent(HOSTILE_NAME)}`);
    await page.getByRole('button', { name: HOSTILE_NAME }).first().click();
    await page.getByRole('dialog').getByText('<script>document.title=2</script>').waitFor();
    await shot(page, 'files-markup');
    await page.goto(`${suite.url}/#/files/events?dir=job7&name=Train.run`);
    await page.getByRole('button', { name: 'Train.run' }).first().click();
    await page.getByRole('dialog').getByText('1 MiB').waitFor();
    expect(await page.title()).toMatch(/^Files/);
  });

  it('shows summary, bandwidth, calls and export with figures of the server', async () => {
    await page.goto(`${suite.url}/#/files/summary?dir=job7`);
    const names = page.getByRole('table', { name: 'Names by time' });
    await names.getByRole('row', { name: /^read POSIX 864/ }).waitFor();
    await page.getByRole('table', { name: 'Files that were read and written' }).getByText(samplePath(1, 5)).waitFor();
    await shot(page, 'files-summary');
    await page.getByRole('link', { name: 'Bandwidth' }).click();
    await page.getByRole('heading', { name: 'Bandwidth' }).waitFor();
    await page.locator('.figures').getByText('864 MiB').waitFor();
    await page.locator('.chart canvas').first().waitFor();
    await shot(page, 'files-bandwidth');
    await page.getByRole('link', { name: 'Calls' }).click();
    await page
      .getByRole('list', { name: 'Calls inside calls' })
      .getByRole('button', { name: 'Reader.sample' })
      .waitFor();
    await shot(page, 'files-calls');
    await page.getByRole('link', { name: 'Export' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download trace.folded' }).click();
    const path = await (await download).path();
    expect(path).not.toBe('');
  });

  it('opens the built-in speedscope on a thread', async () => {
    await page.goto(`${suite.url}/#/files/calls?dir=job7&thread=4000:4000&speedscope=1`);
    const frame = page.frameLocator('iframe.speedscope');
    await frame.getByText('Left Heavy').waitFor();
    await frame.locator('canvas').first().waitFor();
    await shot(page, 'files-speedscope');
  });

  it('says what is wrong with a link, and offers a way on', async () => {
    await page.goto(`${suite.url}/#/files/timeline?file=gone.pfw`);
    await page.getByText('Not in the trace directory: gone.pfw').waitFor();
    await page.goto(`${suite.url}/#/nowhere`);
    await page.getByText('There is no such page').waitFor();
    await page.goto(`${suite.url}/#/files/timeline?dir=job7&name=nothing`);
    await page.getByText('No event fits').waitFor();
  });

  it('helps with the keys and follows them', async () => {
    await page.goto(`${suite.url}/#/files/timeline?dir=job7`);
    await loaded();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Next of the same name').waitFor();
    await shot(page, 'keys');
    await page.keyboard.press('Escape');
    // Not a key is lost while the dialog goes.
    await page.keyboard.press('w');
    await placed((hash) => /from=\d+&to=\d+/.test(hash));
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // A key that the help shows does what it says.
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('0');
    await placed((hash) => !hash.includes('from='));
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('shows another choice of events as soon as the filter is applied', async () => {
    await page.getByRole('button', { name: 'Filter …' }).click();
    await page.getByLabel('Process').fill('4001');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: /Rank 0/ }).waitFor({ state: 'detached' });
    await loaded();
    // The first thread is now that of rank 1: its outermost call is on the first line.
    const row = await page.locator('.tl-row.thread').first().boundingBox();
    const lanes = page.locator('.tl-lanes canvas');
    const box = await lanes.boundingBox();
    if (row === null || box === null) throw new Error('the lanes are not in view');
    await lanes.click({ position: { x: box.width / 2, y: row.y - box.y + 8 } });
    const details = page.getByRole('complementary', { name: 'Selected event' });
    await details.getByRole('heading', { name: 'Train.run' }).waitFor();
    await details.getByText('4001 / 4001').waitFor();
    await details.getByText('1 MiB').waitFor();
    await shot(page, 'files-filter');
  });

  it('is usable on a phone and in the dark', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${suite.url}/#/files`);
    await page.getByRole('link', { name: 'rank-0.pfw.gz' }).waitFor();
    await shot(page, 'files-list-phone-dark');
    await page.getByRole('link', { name: 'rank-0.pfw.gz' }).click();
    await loaded();
    await shot(page, 'files-timeline-phone-dark');
    await page.setViewportSize({ width: 1400, height: 850 });
    await page.goto(`${suite.url}/#/files/timeline?dir=job7`);
    await loaded();
    await shot(page, 'files-timeline-dark');
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('says that the server is gone, and goes on by itself when it is back', async () => {
    await page.goto(`${suite.url}/#/files`);
    await page.getByRole('link', { name: 'rank-0.pfw.gz' }).waitFor();
    await suite.stopGateway();
    await page.getByText('The server does not answer. What you see is from before').waitFor();
    expect(await page.getByRole('link', { name: 'rank-0.pfw.gz' }).count()).toBe(1);
    await shot(page, 'server-gone');
    await suite.startGateway();
    await page.getByText('The server does not answer').first().waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'rank-0.pfw.gz' }).waitFor();
  }, 240_000);

  it('asked nothing of any other server, and no script complained', () => {
    expect(browser.strangers).toEqual([]);
    expect(browser.complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
  });
});
