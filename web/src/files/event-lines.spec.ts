import { describe, expect, it } from '@jest/globals';
import { EventLines, type LinesState } from './event-lines.js';

class Source {
  given = 0;
  ended = false;

  async *batches(batch: number, total: number): AsyncGenerator<string[], void, undefined> {
    try {
      while (this.given < total) {
        const list = Array.from({ length: Math.min(batch, total - this.given) }, (_, at) => `line ${this.given + at}`);
        this.given += list.length;
        yield await Promise.resolve(list);
      }
    } finally {
      this.ended = true;
    }
  }
}

async function settled(read: () => number): Promise<void> {
  for (let before = -1; before !== read();) {
    before = read();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('EventLines', () => {
  it('reads only as far as somebody looks', async () => {
    const source = new Source();
    const states: LinesState[] = [];
    const lines = new EventLines(source.batches(700, 1e6), (state) => states.push(state), 50_000);
    lines.want(0);
    await settled(() => source.given);
    expect(source.given).toBe(2100);
    lines.want(5_000);
    await settled(() => source.given);
    expect(source.given).toBe(7000);
    expect(lines.line(6_999)).toBe('line 6999');
    expect(states.at(-1)).toMatchObject({ count: 7000, done: false, full: false });
    lines.close();
    await settled(() => source.given);
    expect(source.ended).toBe(true);
  });

  it('keeps a number of lines at most and says that there are more', async () => {
    const source = new Source();
    const lines = new EventLines(source.batches(700, 1e6), () => undefined, 3_000);
    lines.want(1e9);
    await settled(() => source.given);
    expect(lines.state).toEqual({ count: 3000, done: false, full: true, error: undefined });
  });

  it('ends with the stream, also when that fails', async () => {
    const lines = new EventLines(new Source().batches(10, 25), () => undefined, 100);
    lines.want(0);
    await settled(() => lines.state.count);
    expect(lines.state).toMatchObject({ count: 25, done: true, full: false });
    const failing = (async function* (): AsyncGenerator<string[], void, undefined> {
      yield await Promise.resolve(['a']);
      throw new Error('cut');
    })();
    const broken = new EventLines(failing, () => undefined, 100);
    broken.want(0);
    await settled(() => broken.state.count);
    expect(broken.state).toMatchObject({ count: 1, done: true, error: new Error('cut') });
  });
});
