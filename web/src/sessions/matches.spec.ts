import { describe, expect, it } from '@jest/globals';
import { candidatesOf, matchedKeys, patternProblem, patternsFor } from './matches.js';
import type { Container, Pods } from './session-api.js';

const container = (Id: string, Pod: string, node = 'n1'): Container => ({ Id, Pod, Tasks: [1], node });
const PODS: Pods = {
  'shop-1': { Containers: { web: container('web', 'shop-1'), db: container('db', 'shop-1') }, namespace: 'prod' },
  'shop-2': { Containers: { web: container('web', 'shop-2') } },
  host: { Containers: { sh: container('sh', 'host'), 'sh@n2': container('sh', 'host', 'n2') } },
};
const ALL = candidatesOf(PODS);
const pick = (...keys: string[]): typeof ALL => ALL.filter(({ key }) => keys.includes(key));

describe('matchedKeys', () => {
  it.each([
    ['shop-*', '*', ['n1/shop-1/db', 'n1/shop-1/web', 'n1/shop-2/web']],
    ['prod/shop-1', 'web', ['n1/shop-1/web']],
    ['host', 'sh', ['n1/host/sh', 'n2/host/sh']],
    ['shop', '*', []],
    ['[', '*', []],
  ])('pods %s, containers %s: %j', (pod, name, keys) => {
    expect([...matchedKeys(PODS, { pod, container: name })].sort()).toEqual(keys);
  });
});

describe('patternsFor', () => {
  it.each([
    [['n1/shop-1/web', 'n1/shop-2/web', 'n1/shop-1/db'], { pod: 'shop-*', container: '*' }],
    [['n1/shop-1/web'], { pod: 'shop-1', container: 'web' }],
    [['n1/shop-2/web'], { pod: 'shop-2', container: '*' }],
    [['n1/shop-1/web', 'n1/shop-2/web'], { pod: 'shop-*', container: 'web' }],
    [['n1/host/sh', 'n2/host/sh'], { pod: 'host', container: '*' }],
  ])('%j are %j', (keys, patterns) => {
    expect(patternsFor(pick(...keys), ALL)).toEqual(patterns);
    expect([...matchedKeys(PODS, patterns)].sort()).toEqual([...keys].sort());
  });
});

it('says why a pattern never matches', () => {
  expect([patternProblem('a*'), patternProblem('[a')]).toEqual([undefined, undefined]);
  expect(patternProblem('')).toContain('* means all');
  expect(patternProblem('*[a')).toContain('not closed');
});
