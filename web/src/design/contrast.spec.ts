import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name = '', light = '', dark = '']) => [
    name,
    { light, dark },
  ]),
);

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const BACKGROUNDS = ['bg', 'bg-raised', 'bg-hover', 'bg-selected'];
type Pair = readonly [front: string, back: string, least: number];
const pairs = (fronts: string[], backs: string[], least: number): Pair[] =>
  fronts.flatMap((front) => backs.map((back): Pair => [front, back, least]));

const TEXTS: readonly Pair[] = [
  ...pairs(['text', 'text-soft', 'accent'], BACKGROUNDS, 4.5),
  ...pairs(['error', 'warn', 'good'], ['bg'], 4.5),
  ...['error', 'warn', 'good'].flatMap((kind) => pairs([kind, 'text'], [`${kind}-bg`], 4.5)),
  ...pairs(['on-accent'], ['accent'], 4.5),
  ...pairs(['line-strong'], ['bg'], 3),
  ...pairs(['focus'], ['bg', 'bg-selected'], 3),
];
const MODES = ['light', 'dark'] as const;

describe.each(MODES)('%s colours', (mode) => {
  it.each(TEXTS)('%s on %s', (front, back, least) => {
    const pair = [front, back].map((name) => colours.get(name)?.[mode] ?? `no colour ${name}`);
    expect(contrast(pair[0] ?? '', pair[1] ?? '')).toBeGreaterThanOrEqual(least);
  });
});
