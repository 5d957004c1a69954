import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FilesSuite } from './fixtures/processes.js';
import { JOB_START_US, writeTrainingJob } from './fixtures/training-job.js';
import { Visitor } from './fixtures/visitor.js';

// Jobs of many files, and one job beside another.
const PORT = 27_650;
const RANKS = 500;
jest.setTimeout(180_000);

/** A rank that reads a hundred times; in the second job a call takes three times as long, and one name is new. */
function rankLines(rank: number, second: boolean): string {
  const lines: string[] = [];
  const event = (name: string, at: number, dur: number): void => {
    const ts = JOB_START_US + rank * 10 + at * 5_000;
    const args = name === 'read' ? '"ret":4096' : '"ret":0';
    lines.push(
      `{"id":${lines.length},"name":"${name}","cat":"POSIX","pid":${rank},"tid":${rank},"ts":${ts},"dur":${dur},"ph":"X","args":{${args}}}`,
    );
  };
  event('open64', 0, 400);
  for (let at = 0; at < 100; at++) event('read', at, second ? 3_000 : 1_000);
  if (second) event('fsync', 101, 700);
  return `${lines.join('\n')}\n`;
}

describe('jobs in the page', () => {
  const suite = new FilesSuite(PORT);
  let visitor: Visitor;

  beforeAll(async () => {
    writeTrainingJob(join(suite.traces, 'small'));
    for (const [node, ranks] of [
      ['big', RANKS],
      ['pair/before', 1],
      ['pair/after', 1],
    ] as const) {
      mkdirSync(join(suite.traces, node), { recursive: true });
      for (let rank = 0; rank < ranks; rank++)
        writeFileSync(join(suite.traces, node, `rank-${rank}.pfw`), rankLines(rank, node === 'pair/after'));
    }
    await suite.start();
    visitor = await Visitor.arrive(suite.url);
  }, 240_000);
  afterAll(async () => {
    await visitor.leave();
    await suite.stop();
  }, 120_000);

  it('opens a directory of 500 files by a link as short as any', async () => {
    const { page } = visitor;
    const longest = { path: '', length: 0 };
    page.on('request', (request) => {
      const url = request.url();
      if (url.length > longest.length) Object.assign(longest, { path: new URL(url).pathname, length: url.length });
    });
    await page.goto(`${suite.url}/#/files?find=big`);
    await page.getByText('500 files').waitFor();
    await page.getByRole('link', { name: 'Open as one job' }).click();
    await page.getByRole('button', { name: /pid 2$/ }).waitFor();
    await page.locator('.tl-corner[data-busy="false"]').waitFor();
    expect(await visitor.place()).toMatch(/^#\/files\/timeline\?dir=big(%2F|\/)$/);
    await visitor.picture('jobs-500-timeline');
    await page.getByRole('link', { name: 'Summary' }).click();
    await page
      .getByRole('table', { name: 'Names by time' })
      .getByRole('row', { name: /^read POSIX 50,000/ })
      .waitFor();
    expect(longest.path).toMatch(/^\/api\//);
    expect(longest.length).toBeLessThan(600);
  });

  it('opens directories of directories, and chosen files that are all of one', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/files?find=pair`);
    await page.getByText('2 files below').waitFor();
    await visitor.picture('jobs-list');
    await page.getByRole('link', { name: 'Open all below as one job' }).click();
    await page.getByRole('heading', { name: 'pair/**' }).waitFor();
    await page.locator('.tl-corner[data-busy="false"]').waitFor();
    await page.goto(`${suite.url}/#/files?find=small`);
    for (const rank of [0, 1, 2])
      await page.getByRole('checkbox', { name: `Choose small/rank-${rank}.pfw.gz` }).check();
    await page.getByRole('button', { name: 'Open 3 chosen' }).click();
    await page.getByRole('heading', { name: 'small/' }).waitFor();
    expect(await visitor.place()).toContain('file=small%2F');
  });

  it('compares two files: the link holds both, the sides can be swapped', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/files/compare?file=pair/before/rank-0.pfw`);
    await page.getByText('Choose what to compare with').waitFor();
    await page.getByLabel('File or directory').fill('pair/after/');
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    const table = page.getByRole('table', { name: 'Differences' });
    await table.getByRole('row', { name: /^read POSIX 100 → 100 100 ms 300 ms \+200 ms 1 ms 3 ms ×3\.00/ }).waitFor();
    await table.getByRole('row', { name: /^\+ fsync POSIX – → 1/ }).waitFor();
    await page.getByText('A: 101 events. B: 102 events. 2 rows are in both').waitFor();
    // The greatest difference stands first, what did not change last.
    const rows = await table.getByRole('row').allInnerTexts();
    expect(rows.slice(1).map((text) => text.split('\t')[0])).toEqual(['read', '+ fsync', 'open64']);
    expect(await visitor.nameless()).toEqual([]);
    await visitor.picture('files-compare');

    const link = page.url();
    await page.getByRole('button', { name: 'Swap' }).click();
    await table.getByRole('row', { name: /^read POSIX 100 → 100 300 ms 100 ms -200 ms 3 ms 1 ms ×0\.333/ }).waitFor();
    await page.goBack();
    await table.getByRole('row', { name: /×3\.00/ }).waitFor();
    expect(page.url()).toBe(link);
    await page.getByRole('button', { name: 'Name', exact: false }).first().click();
    expect(new URL(page.url()).hash).toContain('sort=key');
  });

  it('compares two times of the same files', async () => {
    const { page } = visitor;
    const half = JOB_START_US + 250_000;
    const end = JOB_START_US + 700_000;
    await page.goto(`${suite.url}/#/files/compare?file=pair/after/rank-0.pfw&from=${JOB_START_US}&to=${half}`);
    await page.getByRole('button', { name: 'Take what is shown as B' }).click();
    await page.getByText('A: 52 events. B: 52 events.').waitFor();
    await page.goto(page.url().replace(`&from=${JOB_START_US}&to=${half}`, `&from=${half + 1}&to=${end}`));
    await page.getByText('A: 50 events. B: 52 events.').waitFor();
    await page.getByRole('button', { name: 'All of it' }).click();
    await page.getByText('A: 50 events. B: 102 events.').waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});
