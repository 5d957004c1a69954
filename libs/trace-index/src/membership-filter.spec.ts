import { describe, expect, it } from '@jest/globals';
import { MembershipFilter } from './membership-filter.js';

describe('MembershipFilter', () => {
  const texts = Array.from({ length: 500 }, (_, i) => `text ${i}`);
  const filter = MembershipFilter.of(texts);

  it('knows every text it was made of, and few others', () => {
    expect(texts.every((text) => filter.mayHave(text))).toBe(true);
    const wrong = texts.filter((text) => filter.mayHave(`other ${text}`)).length;
    expect(wrong).toBeLessThan(25);
  });

  it('is the same after being written and read', () => {
    const restored = MembershipFilter.restore(JSON.parse(JSON.stringify(filter.snapshot())) as object);
    const asked = [...texts, ...texts.map((text) => `other ${text}`)];
    expect(asked.map((text) => restored.mayHave(text))).toEqual(asked.map((text) => filter.mayHave(text)));
  });

  it('of nothing has nothing', () => {
    expect(MembershipFilter.of([]).mayHave('x')).toBe(false);
  });
});
