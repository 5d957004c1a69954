import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeHooks, mergePods, mergeSessions } from './merge-answers.js';
import type { Part } from './merge-maps.js';

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
          cron: { Id: 'cron', Tasks: [2], Node: 'a' },
          sshd: { Id: 'sshd', Tasks: [1], Node: 'a' },
          'sshd@b': { Id: 'sshd', Tasks: [1], Node: 'b' },
        },
      },
      shop: { Containers: { web: { Id: 'web', Tasks: [3], Node: 'a' } } },
    });
  });

  it('leaves added fields and a node that is named already alone', () => {
    const value = { p: { Namespace: 'n', Containers: { c: { Node: 'mine', Image: 'i' } } } };
    expect(plain(mergePods([{ node: 'a', value }]))).toEqual(value);
  });

  it('takes names for what they are, whatever they mean to JavaScript', () => {
    const value = JSON.parse('{"__proto__":{"Containers":{"constructor":{"Id":"x"}}}}') as Part['value'];
    const merged = mergePods([{ node: '__proto__', value }]);
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"Containers":{"constructor":{"Id":"x","Node":"__proto__"}}}}');
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
              return [container, { Id: container, Node: node, tag }];
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
    const group = (...hooks: object[]): object => ({
      Tracers: Object.fromEntries(hooks.map((hook) => [(hook as { Name: string }).Name, hook])),
    });
    const merged = mergeHooks([
      {
        node: 'a',
        value: {
          native: group(
            { Name: 'block', Description: ['d'], Available: false, Reason: 'no event block_rq_issue' },
            { Name: 'net', Available: false, Reason: 'no sock events' },
          ),
        },
      },
      {
        node: 'b',
        value: {
          native: group(
            { Name: 'block', Description: ['d'], Available: true },
            { Name: 'net', Available: false, Reason: 'no sock events' },
          ),
          'hooks/old': group({ Name: 'x', Description: [] }),
          empty: { Tracers: {} },
        },
      },
    ]);
    expect(plain(merged)).toEqual({
      native: {
        Tracers: {
          block: {
            Name: 'block',
            Description: ['d'],
            Available: true,
            Nodes: ['b'],
            UnavailableOn: { a: 'no event block_rq_issue' },
          },
          net: {
            Name: 'net',
            Available: false,
            Reason: 'no sock events',
            Nodes: [],
            UnavailableOn: { a: 'no sock events', b: 'no sock events' },
          },
        },
      },
      'hooks/old': { Tracers: { x: { Name: 'x', Description: [], Nodes: ['b'] } } },
      empty: { Tracers: {} },
    });
  });
});
