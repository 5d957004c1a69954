import { describe, expect, it } from '@jest/globals';
import { Slots } from './slots.js';

/** Tasks that note when they begin and end when they are told to. */
class Tasks {
  readonly begun: string[] = [];
  readonly #finish = new Map<string, () => void>();

  task(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name);
      return new Promise((resolve) => {
        this.#finish.set(name, () => {
          resolve(name);
        });
      });
    };
  }

  async finish(name: string): Promise<void> {
    this.#finish.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('Slots', () => {
  it('runs so many at a time, urgent ones first, those that became urgent as well', async () => {
    const slots = new Slots(2);
    const tasks = new Tasks();
    for (const name of ['a', 'b', 'c', 'd', 'e']) void slots.run(name, false, tasks.task(name));
    void slots.run('urgent', true, tasks.task('urgent'));
    slots.hurry('e');
    slots.hurry('nobody');
    await tasks.finish('');
    expect(tasks.begun).toEqual(['a', 'b']);
    for (const name of ['a', 'b', 'urgent', 'e']) await tasks.finish(name);
    expect(tasks.begun).toEqual(['a', 'b', 'urgent', 'e', 'c', 'd']);
  });

  it('goes on after a task that fails', async () => {
    const slots = new Slots(1);
    await expect(slots.run('a', false, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(slots.run('b', false, () => Promise.resolve(7))).resolves.toBe(7);
  });
});
