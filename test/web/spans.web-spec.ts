import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BuiltSuite } from './fixtures/built-suite.js';
import { largeTrace, shopTraces } from './fixtures/generated-traces.js';
import { Visitor } from './fixtures/visitor.js';

// A person finds traces and looks into one of 100 000 spans.

const LARGE = '00000000000000000000000000c0ffee';
const SPANS = 100_000;
const PAGE_SPANS = 5_000;

describe('spans in the page', () => {
  let suite: BuiltSuite;
  let visitor: Visitor;

  beforeAll(async () => {
    suite = new BuiltSuite(27_410);
    await suite.ready();
    const nowUs = Date.now() * 1000;
    await suite.post('/api/v2/spans', shopTraces(40, nowUs));
    const large = largeTrace(LARGE, SPANS, nowUs - 1_800_000_000);
    for (let from = 0; from < SPANS; from += PAGE_SPANS)
      await suite.post('/api/v2/spans', large.slice(from, from + PAGE_SPANS));
    visitor = await Visitor.arrive(suite.url);
  }, 300_000);
  afterAll(async () => {
    await visitor.leave();
    await suite.stop();
  }, 60_000);

  it('finds traces without a service, by attribute, duration and outcome, and keeps the search in its address', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/spans`);
    await page.getByLabel('Attributes').fill('order.id > 9');
    await page.getByLabel('At least').fill('5ms');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByLabel('Outcome').selectOption('error');
    await page.getByText(/^6 traces: 6 of/).waitFor();
    const place = await visitor.place();
    expect(place).toContain('status=error');
    await page.getByLabel('Order').selectOption('duration');
    await page.getByText(/^6 traces: 6 of/).waitFor();
    await page.goBack();
    expect(await visitor.place()).toBe(place);
    await page.getByRole('table', { name: 'Traces' }).waitFor();
    expect(await visitor.nameless()).toEqual([]);
    await visitor.picture('spans-search');
  }, 180_000);

  it('finds the union of alternatives, by a link, each span counted once', async () => {
    const { page } = visitor;
    const where = 'order.id = 1 or order.id = 2 or order.id = 1, order.id != 3';
    await page.goto(`${suite.url}/#/spans?where=${encodeURIComponent(where)}&service=front`);
    await page.getByText(/^2 traces: 2 of [\d,]+ spans looked at match; all was searched/).waitFor();
    expect(await page.getByLabel('Attributes').inputValue()).toBe(where);
    await page.getByLabel('Attributes').fill('order.id = 1 or');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText('the name of an attribute is missing at character 16').waitFor();
  }, 120_000);

  it('says what is wrong with a condition instead of searching for something else', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/spans?where=${encodeURIComponent('a = "open')}`);
    await page.getByText('a value after a = is missing at character 5').waitFor();
    expect(await page.getByRole('table', { name: 'Traces' }).count()).toBe(0);
  }, 120_000);

  it('draws found traces as dots, failed ones apart', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/spans?service=front&name=${encodeURIComponent('post /order')}&view=dots`);
    await page.getByRole('group', { name: /^40 traces by start and duration/ }).waitFor();
    expect(await page.locator('circle').count()).toBe(40);
    expect(await page.locator('circle.failed').count()).toBe(8);
    await visitor.picture('spans-dots');
    const plot = page.getByRole('group', { name: /traces by start and duration/ });
    const { x = 0, y = 0, width = 0 } = (await plot.boundingBox()) ?? {};
    await page.mouse.move(x + width * 0.5, y + 290);
    await page.mouse.down();
    await page.mouse.move(x + width - 2, y + 290, { steps: 5 });
    await page.mouse.up();
    await page.getByRole('option', { name: 'As chosen in the picture' }).waitFor({ state: 'attached' });
    await page.getByText(/^(1\d|2\d) traces: /).waitFor();
    await page.goBack();
    await page.getByText(/^40 traces: /).waitFor();
  }, 120_000);

  it('goes from a search to a waterfall of 100 000 spans with rows for what is in view only', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/spans?name=${encodeURIComponent('nightly job')}`);
    await page.getByRole('link', { name: 'front: nightly job' }).click();
    await page.getByText('100,000', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Fold 99999 spans below nightly job' }).waitFor();
    expect(await page.getByRole('listitem').count()).toBeLessThan(120);
    await page.getByRole('button', { name: 'Critical path' }).click();
    await page.getByRole('region', { name: 'Time on the critical path' }).waitFor();
    await visitor.picture('trace-waterfall');
    const frames = await page.evaluate<number[]>(SCROLL_ALL);
    frames.sort((a, b) => a - b);
    const at = (part: number): string => (frames[Math.floor(frames.length * part)] ?? NaN).toFixed(1);
    process.stdout.write(
      `waterfall of ${SPANS} spans: ${frames.length} frames, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms\n`,
    );
    await page
      .getByRole('listitem')
      .last()
      .getByText(/ms|µs|s$/)
      .first()
      .waitFor();
    expect(await page.getByRole('listitem').count()).toBeLessThan(120);
  }, 300_000);

  it('folds, finds, steps from failure to failure, and shows all of a span', async () => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Two levels' }).click();
    await page
      .getByRole('button', { name: /^Unfold \d+ spans below/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Unfold all' }).click();
    await page.keyboard.press('e');
    await page.getByRole('complementary', { name: 'Details of the span' }).getByText('refused').waitFor();
    await page.getByRole('button', { name: 'Next of this name' }).click();
    await page.getByLabel('Service or span name').fill('nightly');
    await page.getByRole('button', { name: 'Find next' }).click();
    await page.getByText('1 found').waitFor();
    await page.getByRole('complementary').getByRole('heading', { name: 'nightly job' }).waitFor();
    expect(await visitor.nameless()).toEqual([]);
    await visitor.picture('trace-details');
    await page.reload();
    await page.getByRole('complementary').getByRole('heading', { name: 'nightly job' }).waitFor();
  }, 180_000);

  it('compares two traces, names with markup as text', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/spans?service=front&name=${encodeURIComponent('post /order')}`);
    const boxes = page.getByRole('checkbox', { name: /^Compare trace/ });
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.getByRole('link', { name: 'Compare them' }).click();
    await page.getByText('3 spans are in both').waitFor();
    await page.getByText('payment: <b>charge</b>').waitFor();
    await visitor.picture('trace-compare');
  }, 120_000);

  it('draws who calls whom, and latency of operations over time', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/spans/graph?back=15m`);
    await page.getByRole('link', { name: 'front calls stock: 40 times, 8 failed' }).waitFor();
    await visitor.picture('spans-graph');
    await page.getByRole('link', { name: 'Operations of stock' }).click();
    await page
      .getByRole('table', { name: 'Operations of stock' })
      .getByRole('row', { name: /reserve\s+40/ })
      .waitFor();
    await page.locator('.chart canvas').first().waitFor();
    await visitor.picture('spans-operations');
    expect(visitor.complaints).toEqual([]);
  }, 180_000);
});

/** Scrolls through all rows in two seconds, as one would with the wheel; the milliseconds of each frame. */
const SCROLL_ALL = `new Promise((resolve) => {
  const box = document.querySelector('[role=list][aria-label=Spans]');
  const frames = [];
  const begin = performance.now();
  let before = begin;
  const step = (now) => {
    frames.push(now - before);
    before = now;
    const part = (performance.now() - begin) / 2000;
    box.scrollTop = box.scrollHeight * Math.min(1, part);
    if (part < 1) requestAnimationFrame(step);
    else resolve(frames.slice(1));
  };
  requestAnimationFrame(step);
})`;
