import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshId, SpanWorld } from './fixtures/span-world.js';

// A trace that is too large to be read whole for each window of it.
const world = new SpanWorld();
const NOW_US = Date.now() * 1000;
const traceId = freshId();
const SPANS = 6_000;
const hex = (number: number): string => number.toString(16).padStart(16, '0');
const span = (at: number) => ({
  traceId,
  id: hex(at + 1),
  ...(at === 0 ? {} : { parentId: hex(Math.floor((at - 1) / 3) + 1) }),
  name: `step ${at}`,
  timestamp: NOW_US + at,
  duration: 10,
  localEndpoint: { serviceName: at % 2 === 0 ? 'Even' : 'Odd' },
  tags: at === 4_000 ? { error: 'x' } : {},
});
beforeAll(async () => {
  await world.start();
  await world.postV2(Array.from({ length: SPANS }, (_, at) => span(at)));
}, 60_000);
afterAll(() => world.close());

interface Window {
  readonly total: number;
  readonly rows: { id: string; depth: number; name: string; descendants: number }[];
}
const window = (query: string): Promise<Window> => world.json<Window>(`/api/v1/traces/${traceId}?${query}`);

describe('a trace of thousands of spans', () => {
  it('opens with a window of its tree, and with what is true of all', async () => {
    const first = await window('limit=3');
    expect(first).toMatchObject({
      traceId,
      spanCount: SPANS,
      errorCount: 1,
      services: ['even', 'odd'],
      startUs: NOW_US,
      durationUs: SPANS - 1 + 10,
      orphanCount: 0,
      total: SPANS,
      offset: 0,
    });
    // Depth first: the first child of the first child, and so on.
    expect(first.rows).toMatchObject([
      { id: hex(1), depth: 0, name: 'step 0', service: 'Even', descendants: SPANS - 1 },
      { id: hex(2), depth: 1, name: 'step 1', parentId: hex(1) },
      { id: hex(5), depth: 2, name: 'step 4', parentId: hex(2) },
    ]);
  });

  it('shows every span once, window by window, whatever their size', async () => {
    const seen: string[] = [];
    for (let offset = 0; offset < SPANS; offset += 2_500)
      seen.push(...(await window(`offset=${offset}&limit=2500`)).rows.map(({ id }) => id));
    expect(new Set(seen).size).toBe(SPANS);
    expect(await window(`depth=1`)).toMatchObject({ total: 4, rows: { length: 4 } });
    const below = await window(`under=${hex(2)}&limit=1`);
    expect(below).toMatchObject({ total: (below.rows[0]?.descendants ?? 0) + 1, rows: [{ id: hex(2), depth: 1 }] });
    expect(await window('under=ffffffffffffffff')).toMatchObject({ total: 0, rows: [] });
  });

  it.each(['zipkin', 'ats', 'otlp', 'chrome'])('is exported as %s, in parts', async (format) => {
    const response = await world.http().get(`/api/v1/traces/${traceId}/export?format=${format}`).buffer(true);
    expect([response.status, response.type]).toEqual([200, 'application/json']);
    const file = JSON.parse(response.text) as unknown[] & Record<string, { scopeSpans: { spans: object[] }[] }[]>;
    if (format === 'zipkin') expect(file).toEqual(await world.json(`/api/v2/trace/${traceId}`));
    else if (format === 'ats') expect(file).toHaveLength(SPANS);
    else if (format === 'otlp') {
      const scopes = (file['resourceSpans'] ?? []).flatMap(({ scopeSpans }) => scopeSpans);
      expect(scopes.flatMap(({ spans }) => spans)).toHaveLength(SPANS);
    } else expect(file['traceEvents']?.filter((event) => 'dur' in event)).toHaveLength(SPANS);
    await world.http().get(`/api/v1/traces/${freshId()}/export?format=${format}`).expect(404);
  });
});
