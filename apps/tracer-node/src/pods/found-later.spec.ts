import { afterEach, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import type { Pod, PodSource } from '@tracer/pods';
import { FoundLater } from './found-later.js';

interface FakeSource extends PodSource {
  closed: number;
}

const sourceOf = (kind: PodSource['kind'], pod: string): FakeSource => ({
  kind,
  endpoint: `of ${pod}`,
  closed: 0,
  scan: () => Promise.resolve([{ key: pod, name: pod, labels: {}, containers: new Map() } satisfies Pod]),
  close() {
    this.closed++;
  },
});
const namesOf = async (source: PodSource): Promise<string[]> => (await source.scan()).map(({ name }) => name);
const soon = { first: 1, longest: 4 };
const quiet = { onFound: () => undefined, log: silent, pauseMs: soon };

let later: FoundLater | undefined;
afterEach(() => {
  later?.close();
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('FoundLater', () => {
  it('stays with the process table until a runtime answers, and with that from then on', async () => {
    const table = sourceOf('procfs', 'table');
    const looks = [sourceOf('procfs', 'still'), sourceOf('procfs', 'still'), sourceOf('cri', 'runtime')];
    const given: FakeSource[] = [];
    const look = (): Promise<PodSource> => {
      const next = looks.shift();
      if (next === undefined) return Promise.reject(new Error('nobody asked for another look'));
      given.push(next);
      return Promise.resolve(next);
    };
    const log = { ...silent, said: [] as string[], info: (_: object, text: string) => void log.said.push(text) };
    let found = 0;
    later = new FoundLater(table, { look, mayChange: () => true, onFound: () => found++, log, pauseMs: soon });
    expect([later.kind, await namesOf(later)]).toEqual(['procfs', ['table']]);
    await until(() => later?.kind === 'cri');
    expect([later.endpoint, await namesOf(later)]).toEqual(['of runtime', ['runtime']]);
    expect([table.closed, ...given.map(({ closed }) => closed)]).toEqual([1, 1, 1, 0]);
    expect(found).toBe(1);
    expect(log.said).toEqual(['a container runtime has appeared: pods are learnt from it from now on']);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(looks).toEqual([]);
    later.close();
    expect(given.at(-1)?.closed).toBe(1);
  });

  it('changes nothing under running sessions, and goes on after a look that failed', async () => {
    let isQuiet = false;
    let looks = 0;
    const look = (): Promise<PodSource> =>
      ++looks === 1 ? Promise.reject(new Error('busy')) : Promise.resolve(sourceOf('cri', 'runtime'));
    later = new FoundLater(sourceOf('procfs', 'table'), { ...quiet, look, mayChange: () => isQuiet });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([looks, later.kind]).toEqual([0, 'procfs']);
    isQuiet = true;
    await until(() => later?.kind === 'cri');
    expect(looks).toBe(2);
  });

  it('closes what it finds when it is closed itself meanwhile', async () => {
    const found = sourceOf('cri', 'runtime');
    let give: (source: PodSource) => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      later = new FoundLater(sourceOf('procfs', 'table'), {
        look: () => {
          resolve();
          return new Promise((answer) => (give = answer));
        },
        ...quiet,
        mayChange: () => true,
      });
    });
    await asked;
    later?.close();
    give(found);
    await until(() => found.closed === 1);
  });
});
