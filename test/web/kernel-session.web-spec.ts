import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cgroupHierarchies, startDemoPod, type DemoPod } from '../host/fixtures/demo-pod.js';
import { BuiltSuite } from './fixtures/built-suite.js';
import { Visitor } from './fixtures/visitor.js';

// A person traces containers on the real kernel: from the list of pods to a live session to its timeline. Needs root and tracefs.

describe('a kernel session in the page', () => {
  let suite: BuiltSuite;
  let visitor: Visitor;
  const pods: DemoPod[] = [];

  beforeAll(async () => {
    const [hierarchy = ''] = cgroupHierarchies();
    suite = new BuiltSuite(27_400);
    pods.push(await startDemoPod({ name: 'web-shop-1', containers: 2, hierarchy }));
    pods.push(await startDemoPod({ name: 'web-shop-2', hierarchy }));
    await suite.ready();
    visitor = await Visitor.arrive(suite.url);
  }, 180_000);
  afterAll(async () => {
    await visitor.leave();
    for (const pod of pods) await pod.stop();
    await suite.stop();
  }, 60_000);

  it('begins with what to do when there is no session', async () => {
    const { page } = visitor;
    await page.goto(suite.url);
    await page.getByRole('link', { name: 'Kernel sessions' }).click();
    await page.getByRole('heading', { name: 'No kernel session yet' }).waitFor();
    expect(await page.locator('.command code').innerText()).toContain(`${suite.url}/v1/trace-session`);
  }, 120_000);

  it('writes the patterns from ticked containers and shows what they match', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'New session' }).click();
    const first = page.getByRole('checkbox', { name: /^web-shop-1/ });
    await first.nth(0).check();
    await page.getByText(/^Matches 1 of \d+ containers/).waitFor();
    await first.nth(1).check();
    await page.getByText(/^Matches 2 of \d+ containers/).waitFor();
    expect(await page.getByLabel('Pods', { exact: true }).inputValue()).toBe('web-shop-1');
    await page.getByRole('checkbox', { name: /^web-shop-2/ }).check();
    await page.getByText(/^Matches 3 of \d+ containers/).waitFor();
    expect(await page.getByLabel('Pods', { exact: true }).inputValue()).toBe('web-shop-*');
    await page.getByLabel('Pods', { exact: true }).fill('web-nothing-*');
    await page.getByText('No container matches.').waitFor();
    await page.getByLabel('Pods', { exact: true }).fill('web-shop-*');
    await page.getByText(/^Matches 3 of/).waitFor();
    expect(await visitor.nameless()).toEqual([]);
  }, 120_000);

  it('says what is wrong with arguments in the words of the node', async () => {
    const { page } = visitor;
    await page.getByRole('radio', { name: /trace_syscalls/ }).check();
    await page.getByLabel('Arguments, as one line').fill('-s no_such_call');
    await page.getByRole('button', { name: 'Start tracing' }).click();
    await page
      .getByText('no_such_call', { exact: false })
      .filter({ hasText: /status|no_such/ })
      .first()
      .waitFor();
    expect(await page.getByRole('alert').filter({ hasText: 'HOOK_ARGUMENT_INVALID' }).count()).toBe(1);
    await page.getByLabel('Arguments, as one line').fill('');
    await page.getByLabel('Note, shown with the session').fill('why <i>so</i> slow');
    await visitor.picture('session-new');
  }, 120_000);

  it('runs, counts, ranks calls and errors, and shows loss as a number', async () => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Start tracing' }).click();
    await page.getByRole('heading', { name: 'why <i>so</i> slow' }).waitFor();
    await page.getByRole('table', { name: 'Top calls' }).getByText('openat', { exact: true }).waitFor();
    await page.getByRole('table', { name: 'Errors by errno' }).getByText('ENOENT').waitFor();
    await page.getByRole('table', { name: 'Slowest calls' }).getByRole('row').nth(1).waitFor();
    await page.getByText('events per second', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Timeline' }).waitFor();
    expect(await page.getByRole('region', { name: 'Lost events' }).locator('strong').innerText()).toMatch(/^[\d,]+$/);
    expect(await visitor.nameless()).toEqual([]);
    await visitor.picture('session-live');
  }, 180_000);

  it('stops, and the same address shows the same session later', async () => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Start again' }).waitFor();
    const place = await visitor.place();
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByRole('table', { name: 'Sessions' }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Start again' }).waitFor();
    expect(await visitor.place()).toBe(place);
    await page.reload();
    await page.getByRole('table', { name: 'Top calls' }).waitFor();
  }, 180_000);

  it('leads to the timeline and the summary of its file, by containers that are gone, too', async () => {
    const { page } = visitor;
    await pods.pop()?.stop();
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.locator('main canvas').first().waitFor();
    await page.locator('a[aria-current=page]', { hasText: 'Timeline' }).waitFor();
    await page.locator('.tl-corner[data-busy="false"]').waitFor();
    await page
      .getByRole('button', { name: /container [0-9a-f]{12}/ })
      .first()
      .waitFor();
    // Only rows in view exist: the first pod is folded for the second.
    await page.getByRole('button', { name: /web-shop-1/ }).click();
    await page.getByRole('button', { name: /web-shop-2/ }).focus();
    expect(await page.evaluate('document.querySelector(".tl-gutter").scrollTop')).toBe(0);
    await visitor.picture('session-timeline');
    await page.getByRole('link', { name: 'Summary' }).click();
    await page.getByText('openat', { exact: true }).first().waitFor();
    await visitor.picture('session-summary');
  }, 180_000);

  it('forgets the session with its file when it is told to', async () => {
    const { page } = visitor;
    await page.goto(`${suite.url}/#/sessions`);
    await page.getByRole('link', { name: 'why <i>so</i> slow' }).click();
    await page.getByRole('button', { name: 'Delete …' }).click();
    await page.getByRole('button', { name: 'Delete the trace file as well' }).click();
    await page.getByRole('heading', { name: 'No kernel session yet' }).waitFor();
    // The one refused request is what the browser noted.
    expect(visitor.complaints.filter((text) => !text.includes('400'))).toEqual([]);
  }, 120_000);
});
