import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DmEvent, DmJobState } from '@tracer/storage';
import { dmBinlog, dmJob, dmText } from '../../libs/storage/src/testing/dm-events.js';
import { DmClient } from '../e2e/fixtures/dm-client.js';
import { BuiltSuite } from './fixtures/built-suite.js';
import { shopTraces } from './fixtures/generated-traces.js';
import { Visitor } from './fixtures/visitor.js';

// Replication events and feature runs; and what holds for every page: names of controls, narrow windows, a server that goes away.

const NOW_NS = BigInt(Date.now()) * 1_000_000n;
const { queued, success, error } = DmJobState;

/** One change that three jobs carry out: one well, one badly, and one that nobody heard of again. */
function change(): DmEvent[] {
  const id = 'mysql-1.syncer.shop.7';
  const place = (pos: number): { name: Buffer; pos: number } => ({ name: dmText('mysql-bin.000004'), pos });
  const job = (sql: string, state: number, afterNs: bigint): ReturnType<typeof dmJob> =>
    dmJob(id, { base: { tso: NOW_NS - 600_000_000_000n + afterNs }, sql: dmText(sql), state });
  return [
    dmBinlog(id, {
      base: { tso: NOW_NS - 600_000_000_000n },
      opType: 1,
      state: { safeMode: true, tryReSync: false, lastPos: place(100), currentPos: place(200) },
    }),
    job("INSERT INTO t VALUES ('<b>1</b>')", queued, 5_000_000n),
    job("INSERT INTO t VALUES ('<b>1</b>')", success, 7_300_000n),
    job('INSERT INTO t VALUES (2)', queued, 5_000_000n),
    job('INSERT INTO t VALUES (2)', error, 9_000_000n),
    job('INSERT INTO t VALUES (3)', queued, 6_000_000n),
  ];
}

/** Thirty runs of each of two versions, of which the second takes half as long again to pay. */
const RUNS = Array.from({ length: 60 }, (_, at) => {
  const isLater = at >= 30;
  const paidMs = 300 + (((at % 30) * 37) % 40) + (isLater ? 150 : 0);
  return {
    trace_tag: 'check/out <i>',
    trace_id: `${isLater ? 'v2' : 'v1'}-${at}`,
    steps: [
      { step_name: 'cart', offset_ms: 100 + (((at % 30) * 13) % 9) },
      { step_name: 'paid', offset_ms: 100 + paidMs },
    ],
  };
});

describe('lists in the page', () => {
  let suite: BuiltSuite;
  let visitor: Visitor;

  beforeAll(async () => {
    suite = new BuiltSuite(27_420);
    await suite.ready();
    visitor = await Visitor.arrive(suite.url);
  }, 180_000);
  afterAll(async () => {
    await visitor.leave();
    await suite.stop();
  }, 60_000);

  it('says what to do while nothing is stored, with commands that work', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/dm`);
    await page.getByRole('heading', { name: 'No replication event has come' }).waitFor();
    await page.goto(`${suite.url}/#/spans`);
    await page.getByRole('heading', { name: 'No spans of the last day' }).waitFor();
    await page.goto(`${suite.url}/#/features`);
    await page.getByRole('heading', { name: 'No feature has been timed' }).waitFor();
    const command = await page.locator('.command code').innerText();
    const [, url = '', body = ''] = /curl (\S+) .*-d '(.*)'$/.exec(command) ?? [];
    await suite.post(url.replace(suite.url, ''), JSON.parse(body));
    await page.getByRole('link', { name: 'checkout' }).click();
    await page.getByRole('table', { name: 'Steps' }).getByText('paid').waitFor();
  }, 180_000);

  it('shows a change from the binlog to its jobs, and what is stuck', async () => {
    const { page } = visitor;
    const client = new DmClient(suite.spanApiPort);
    await client.upload(...change());
    client.close();
    await page.goto(`${suite.url}/#/dm`);
    const card = page.getByRole('region', { name: 'Trace mysql-1.syncer.shop.7' });
    await card.getByText("INSERT INTO t VALUES ('<b>1</b>')").waitFor();
    expect(await card.getByText('2.3 ms').count()).toBe(1);
    // Stuck is what came longer ago than is asked for.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await page.getByLabel('Stuck when queued for').selectOption('1000');
    await page.getByLabel('Jobs that are').selectOption('stuck');
    await card.getByText('queued, stuck').waitFor();
    expect(await visitor.place()).toContain('outcome=stuck');
    await visitor.picture('dm-jobs');
    await card.getByRole('link', { name: 'mysql-1.syncer.shop.7' }).click();
    await page.getByText('6 events, in the order in which they came').waitFor();
    await page.goBack();
    await card.getByRole('link', { name: 'As a waterfall' }).click();
    await page.getByRole('list', { name: 'Spans' }).getByRole('listitem').nth(1).waitFor();
  }, 180_000);

  it('finds events by what they say', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/dm/events`);
    await page.getByLabel('Statement contains').fill('VALUES (2)');
    await page.getByLabel('Jobs in state').selectOption('error');
    await page.getByText(/^1 event\b/).waitFor();
    await page.getByLabel('From', { exact: true }).fill('yesterday');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('alert').filter({ hasText: 'VALIDATION' }).waitFor();
    expect(await visitor.nameless()).toEqual([]);
  }, 120_000);

  it('shows events as they come, and can be held still without missing any', async () => {
    const { page } = visitor;
    const client = new DmClient(suite.spanApiPort);
    const upload = (number: number): Promise<unknown> =>
      client.upload(dmJob(`live-${number}`, { sql: dmText(`LIVE ${number}`), state: queued }));
    await page.goto(`${suite.url}/#/dm/live`);
    await page.getByRole('heading', { name: 'Waiting for events' }).waitFor();
    // The stream shows what comes from its opening on: sent until it is open.
    for (let sent = 0; (await page.getByText(/^LIVE/).count()) === 0; sent++) {
      await upload(sent);
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (sent > 100) throw new Error('no event shows');
    }
    await page.getByRole('button', { name: 'Hold' }).click();
    await upload(1_000);
    await page.getByText('1 waits until the list goes on').waitFor();
    expect(await page.getByText('LIVE 1000').count()).toBe(0);
    await visitor.picture('dm-live');
    await page.keyboard.press('p');
    await page.getByText('LIVE 1000').waitFor();
    await page.getByLabel('Statement contains').fill('no such');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByText('0 events since this view was opened').waitFor();
    client.close();
  }, 180_000);

  it('holds runs against a budget, and gives the line that a build asks with', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/features/tag/checkout/budget`);
    await page.getByRole('heading', { name: 'Set a limit' }).waitFor();
    await page.getByLabel('p95 at most, ms').fill('1');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('table', { name: 'Limits' }).getByText('exceeded').waitFor();
    expect(await page.locator('.command code').innerText()).toContain('curl -sSf');
    await page.getByLabel('p95 at most, ms').fill('100000');
    await page.getByLabel('Step').selectOption('paid');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('table', { name: 'Limits' }).getByText('kept').waitFor();
    expect(await visitor.place()).toContain('step=paid&p95_ms=100000');
    await visitor.picture('feature-budget');
    await page.getByLabel('Of no fewer runs than').fill('50');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('alert').filter({ hasText: '404' }).waitFor();
    await page.getByLabel('p95 at most, ms').fill('fast');
    await page.getByText('a number').waitFor();
  }, 120_000);

  it('shows the trend of a step and whether two sets of runs differ', async () => {
    const { page } = visitor;
    await suite.post('/api/tracing/batch', { runs: RUNS });
    await page.goto(`${suite.url}/#/features`);
    await page.getByRole('link', { name: 'check/out <i>' }).click();
    await page.getByRole('button', { name: 'paid' }).click();
    await page.getByRole('img', { name: 'Duration of paid run by run' }).locator('canvas').waitFor();
    expect(await visitor.place()).toContain('step=paid');
    await visitor.picture('feature-trend');
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByLabel('Before (A)').fill('v1-');
    await page.getByLabel('After (B)').fill('v2-');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('row', { name: /^paid .*\+150 ms .*slower$/ }).waitFor();
    await page.getByRole('row', { name: /^cart .*no clear difference$/ }).waitFor();
    await visitor.picture('feature-compare');
  }, 180_000);

  it('names every control, fits a phone, and keeps its colours apart in the dark', async () => {
    const { page } = visitor;
    await suite.post('/api/v2/spans', shopTraces(10, Date.now() * 1000));
    await page.setViewportSize({ width: 390, height: 800 });
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const place of [
      'sessions',
      'sessions/new',
      'sessions/nodes',
      'spans',
      'spans/graph',
      'dm',
      'dm/events',
      'dm/live',
      'features',
    ]) {
      await page.goto(`${suite.url}/#/${place}`);
      await page.locator('main .spinner').first().waitFor({ state: 'hidden' });
      expect([place, await visitor.nameless(), await visitor.overhang()]).toEqual([place, [], 0]);
      await visitor.picture(`phone-${place.replace('/', '-')}`);
    }
    await page.setViewportSize({ width: 1400, height: 900 });
  }, 300_000);

  it('says that the server is away, and goes on by itself when it is back', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/features`);
    await page.getByRole('table', { name: 'Tags' }).waitFor();
    await page.route('**/*', (route) => route.abort());
    await page.getByText('The server does not answer. What you see is from before').waitFor();
    expect(await page.getByRole('table', { name: 'Tags' }).count()).toBe(1);
    await page.unroute('**/*');
    await page.getByText('The server does not answer. What you see is from before').waitFor({ state: 'hidden' });
    await page.getByRole('alert').waitFor({ state: 'hidden' });
  }, 180_000);
});
