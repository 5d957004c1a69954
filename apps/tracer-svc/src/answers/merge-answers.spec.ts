import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeHooks, mergePods, mergeSessions } from './merge-answers.js';
import type { Part } from './merge-maps.js';
import { mergeSummaries } from './merge-summaries.js';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const pod = (...containers: [name: string, tasks: number[]][]): object => ({
  Containers: Object.fromEntries(containers.map(([Id, Tasks]) => [Id, { Id, Tasks }])),
});

describe('mergePods', () => {
  it('keeps the containers of equal pods on two nodes and names their nodes', () => {
    const merged = mergePods([
      { node: 'a', value: { host: pod(['sshd', [1]], ['cron', [2]]), shop: pod(['web', [3]]) } },
      { node: 'b', value: { host: pod(['sshd', [1]]) } },
    ]);
    expect(plain(merged)).toEqual({
      host: {
        Containers: {
          cron: { Id: 'cron', Tasks: [2], node: 'a' },
          sshd: { Id: 'sshd', Tasks: [1], node: 'a' },
          'sshd@b': { Id: 'sshd', Tasks: [1], node: 'b' },
        },
      },
      shop: { Containers: { web: { Id: 'web', Tasks: [3], node: 'a' } } },
    });
  });

  it('leaves added fields and a node that is named already alone', () => {
    const value = { p: { Namespace: 'n', Containers: { c: { node: 'mine', Image: 'i' } } } };
    expect(plain(mergePods([{ node: 'a', value }]))).toEqual(value);
  });

  it('takes names for what they are, whatever they mean to JavaScript', () => {
    const value = JSON.parse('{"__proto__":{"Containers":{"constructor":{"Id":"x"}}}}') as Part['value'];
    const merged = mergePods([{ node: '__proto__', value }]);
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"Containers":{"constructor":{"Id":"x","node":"__proto__"}}}}');
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it('survives pods of a wrong shape', () => {
    const value = { a: null, b: [1], c: { Containers: 'no' }, d: { Containers: { x: 7 } } };
    expect(plain(mergePods([{ node: 'n', value }]))).toEqual({
      a: { Containers: {} },
      b: { Containers: {} },
      c: { Containers: {} },
      d: { Containers: { x: 7 } },
    });
  });

  it('never loses or invents a container, and the first node keeps the plain name', () => {
    const name = fc.constantFrom('web', 'db', 'web@n1', 'web@n2', '__proto__', '7');
    const pods = fc.dictionary(fc.constantFrom('host', 'shop'), fc.uniqueArray(name));
    fc.assert(
      fc.property(fc.array(pods, { maxLength: 4 }), (nodes) => {
        let tag = 0;
        const all: { pod: string; container: string; node: string; tag: number }[] = [];
        const parts = nodes.map((found, index): Part => {
          const node = `n${index}`;
          const entries = Object.entries(found).map(([podName, containers]) => {
            const list = containers.map((container): [string, object] => {
              all.push({ pod: podName, container, node, tag: ++tag });
              return [container, { Id: container, node, tag }];
            });
            return [podName, { Containers: Object.fromEntries(list) }];
          });
          return { node, value: Object.fromEntries(entries) as Part['value'] };
        });
        const merged = mergePods(parts) as Record<string, { Containers: Record<string, { Id: string; tag: number }> }>;
        const seen = Object.entries(merged).flatMap(([podName, { Containers }]) =>
          Object.entries(Containers).map(([key, { Id, tag: seenTag }]) => ({ pod: podName, key, Id, tag: seenTag })),
        );
        expect(seen.map((one) => one.tag).sort((a, b) => a - b)).toEqual(all.map((one) => one.tag));
        for (const one of seen) {
          const source = all.find((candidate) => candidate.tag === one.tag);
          expect([one.pod, one.Id]).toEqual([source?.pod, source?.container]);
          expect(one.key === one.Id || one.key.startsWith(`${one.Id}@${String(source?.node)}`)).toBe(true);
        }
        const [first] = parts;
        for (const [podName, value] of Object.entries(first?.value ?? {}))
          for (const [key, container] of Object.entries((value as { Containers: object }).Containers))
            expect(merged[podName]?.Containers[key]).toEqual(container);
      }),
    );
  });
});

describe('mergeSessions', () => {
  it('unites by id and names the node where the agent does not', () => {
    const merged = mergeSessions([
      { node: 'a', value: { '17': { Id: '17', Node: '' }, '18446744073709551615': { Id: '18446744073709551615' } } },
      { node: 'b', value: { '17': { Id: '17', Node: 'machine-b' } } },
    ]);
    expect(plain(merged)).toEqual({
      '17': { Id: '17', Node: 'a' },
      '17@b': { Id: '17', Node: 'machine-b' },
      '18446744073709551615': { Id: '18446744073709551615', Node: 'a' },
    });
  });
});

describe('mergeHooks', () => {
  it('is the union, with the nodes that can run each hook', () => {
    const group = (...hooks: { Name: string }[]): object => ({
      Tracers: Object.fromEntries(hooks.map((hook) => [hook.Name, { Description: ['d'], ...hook }])),
    });
    const block = { Name: 'block', Description: ['d'] };
    const net = { Name: 'net', Description: ['d'], unavailable: 'no sock events' };
    const merged = mergeHooks([
      { node: 'a', value: { native: group({ ...block, ...{ unavailable: 'no block events' } }, net) } },
      {
        node: 'b',
        value: {
          native: group(block, net),
          'hooks/old': { ...group({ Name: 'x' }), problem: 'slow' },
          empty: { Tracers: {} },
          odd: 7,
        },
      },
    ]);
    expect(plain(merged)).toEqual({
      native: {
        Tracers: {
          block: { ...block, nodes: ['b'], unavailableOn: { a: 'no block events' } },
          net: { ...net, nodes: [], unavailableOn: { a: 'no sock events', b: 'no sock events' } },
        },
      },
      'hooks/old': { Tracers: { x: { Name: 'x', Description: ['d'], nodes: ['b'] } }, problem: 'slow' },
      empty: { Tracers: {} },
      odd: { Tracers: {} },
    });
  });
});

describe('mergeSummaries', () => {
  const call = {
    count: 2,
    errors: { ENOENT: 1 },
    totalNs: 300,
    meanNs: 150,
    p50Ns: 100,
    p99Ns: 200,
    maxNs: 200,
    unfinished: 1,
  };
  const summary = { Id: '1', Node: 'a', state: 'finished', events: 2, lost: 0, asOf: 20 };

  it('leaves the summary of one node as exact as it is', () => {
    expect(plain(mergeSummaries([{ node: 'a', value: { ...summary, calls: { read: call } } }]))).toEqual({
      ...summary,
      calls: { read: call },
      nodes: [{ ...summary, calls: { read: call } }],
    });
  });

  it('adds up what can be added and never makes up a percentile', () => {
    const other = { Id: '2', Node: '', state: 'running', events: 3, lost: 4, asOf: 10 };
    const slow = {
      count: 1,
      errors: { ENOENT: 2, EIO: 1 },
      totalNs: 900,
      meanNs: 900,
      p50Ns: 900,
      p99Ns: 900,
      maxNs: 900,
      unfinished: 2,
    };
    const { nodes, ...merged } = plain(
      mergeSummaries([
        { node: 'a', value: { ...summary, calls: { read: call } } },
        { node: 'b', value: { ...other, calls: { read: slow, open: call } } },
      ]),
    ) as { nodes: unknown[]; calls: object };
    expect(Object.keys(merged.calls)).toEqual(['read', 'open']);
    expect(merged).toEqual({
      state: 'running',
      events: 5,
      lost: 4,
      asOf: 10,
      calls: {
        open: call,
        read: { count: 3, errors: { ENOENT: 3, EIO: 1 }, totalNs: 1200, meanNs: 400, maxNs: 900, unfinished: 3 },
      },
    });
    expect(nodes).toEqual([
      { ...summary, calls: { read: call } },
      { ...other, Node: 'b', calls: { read: slow, open: call } },
    ]);
  });

  it('counts what a single node with all the calls would have counted', () => {
    const event = fc.record({
      node: fc.constantFrom('a', 'b', 'c'),
      name: fc.constantFrom('read', 'open'),
      ns: fc.nat(1000),
      errno: fc.constantFrom('', 'EIO', '__proto__'),
    });
    type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;
    const totals = (events: readonly Event[]): { [field: string]: unknown; totalNs: number } => {
      const errors = new Map<string, number>();
      for (const { errno } of events) if (errno !== '') errors.set(errno, (errors.get(errno) ?? 0) + 1);
      const totalNs = events.reduce((sum, { ns }) => sum + ns, 0);
      const maxNs = Math.max(...events.map(({ ns }) => ns));
      return {
        count: events.length,
        errors: [...errors].sort(),
        totalNs,
        maxNs,
        meanNs: Math.round(totalNs / events.length),
      };
    };
    const summarise = (events: readonly Event[]): Record<string, ReturnType<typeof totals>> =>
      Object.fromEntries(
        [...new Set(events.map(({ name }) => name))].map((name) => [
          name,
          totals(events.filter((one) => one.name === name)),
        ]),
      );
    fc.assert(
      fc.property(fc.array(event, { minLength: 1 }), (events) => {
        const parts = ['a', 'b', 'c'].map((node): Part => {
          const calls = Object.entries(summarise(events.filter((one) => one.node === node))).map(([name, call]) => [
            name,
            { ...call, errors: Object.fromEntries(call['errors'] as [string, number][]), unfinished: 0 },
          ]);
          return { node, value: { events: 0, lost: 0, calls: Object.fromEntries(calls) as object } };
        });
        const { calls } = mergeSummaries(parts) as { calls: Record<string, { errors: object }> };
        const seen = Object.entries(calls).map(([name, { errors, ...call }]) => [
          name,
          { ...call, errors: Object.entries(errors).sort(), unfinished: 0 },
        ]);
        const expected = Object.entries(summarise(events)).map(([name, call]) => [name, { ...call, unfinished: 0 }]);
        expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it('survives summaries of a wrong shape', () => {
    const merged = mergeSummaries([
      { node: 'a', value: {} },
      { node: 'b', value: { calls: { read: 'x', open: { count: 'many' } }, events: null } },
    ]);
    expect(plain(merged)).toMatchObject({ events: 0, lost: 0, calls: { open: { count: 'many' } } });
  });
});
