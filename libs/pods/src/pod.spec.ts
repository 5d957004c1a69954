import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matchContainers } from './match-containers.js';
import { type Pod, type PodContainer, type UnkeyedPod, withKeys } from './pod.js';

const container = (name: string): PodContainer => ({ name, labels: {}, pids: [], parents: [] });

function pod(name: string, namespace?: string, uid?: string, containers = ['main']): UnkeyedPod {
  const known = { ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }) };
  return { name, ...known, labels: {}, containers: new Map(containers.map((one) => [one, container(one)])) };
}

const keys = (...pods: UnkeyedPod[]): string[] => withKeys(pods).map(({ key }) => key);

describe('the key of a pod', () => {
  it('is its bare name while that is unique', () => {
    expect(keys(pod('web', 'shop'), pod('db', 'shop'))).toEqual(['web', 'db']);
  });

  it('carries what tells pods of one name apart', () => {
    expect(keys(pod('web', 'shop'), pod('web', 'test'), pod('web', undefined, 'a'.repeat(64)), pod('web'))).toEqual([
      'shop/web',
      'test/web',
      'web@aaaaaaaaaaaa',
      'web',
    ]);
  });

  it('is counted where nothing tells them apart', () => {
    expect(keys(pod('web', 'shop', 'old'), pod('web', 'shop', 'new'), pod('web', 'shop'))).toEqual([
      'shop/web',
      'shop/web#2',
      'shop/web#3',
    ]);
  });

  it('is unique whatever the names are', () => {
    const names = fc.constantFrom('a', 'b', 'a/b', 'a@b', 'a#2', 'a/b#2');
    const pods = fc.array(fc.tuple(names, fc.option(names), fc.option(names)), { maxLength: 12 });
    fc.assert(
      fc.property(pods, (some) => {
        const all = keys(...some.map(([name, namespace, uid]) => pod(name, namespace ?? undefined, uid ?? undefined)));
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});

describe('matchContainers', () => {
  const pods: Pod[] = withKeys([
    pod('web-1', 'shop', undefined, ['nginx', 'probe']),
    pod('web-1', 'test', undefined, ['nginx']),
    pod('db-0', 'shop', undefined, ['postgres']),
    pod('host'),
  ]);
  const matched = (podPattern: string, containerPattern = '*'): string[] =>
    matchContainers(pods, podPattern, containerPattern).map(({ pod: p, container: c }) => `${p.key}:${c.name}`);

  it('takes a bare name for the pods of all namespaces', () => {
    expect(matched('web-1')).toEqual(['shop/web-1:nginx', 'shop/web-1:probe', 'test/web-1:nginx']);
    expect(matched('web-*', 'p*')).toEqual(['shop/web-1:probe']);
  });

  it('takes namespace/name for the pod of one namespace, ambiguous or not', () => {
    expect(matched('test/web-1')).toEqual(['test/web-1:nginx']);
    expect(matched('shop/db-0')).toEqual(['db-0:postgres']);
    expect(matched('shop/*', 'p*')).toEqual(['shop/web-1:probe', 'db-0:postgres']);
  });

  it('keeps the two patterns independent', () => {
    expect(matched('*', 'nginx')).toEqual(['shop/web-1:nginx', 'test/web-1:nginx']);
    expect(matched('*')).toHaveLength(5);
  });

  it('matches nothing rather than guess', () => {
    expect([matched(''), matched('web'), matched('web-[*'), matched('*', ''), matched('prod/web-1')].flat()).toEqual(
      [],
    );
  });
});
