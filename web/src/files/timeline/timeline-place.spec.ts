import { describe, expect, it } from '@jest/globals';
import { areaText, placeOf, sliceText } from './timeline-place.js';

const BOUNDS = { originUs: 1_795_260_521_248_277n, lengthUs: 1e9 };

describe('the place of a timeline', () => {
  it('comes back from its link with every microsecond and any name', () => {
    const slice = { lane: '7:-1', startUs: 12_345_678.5, durUs: 0.25, name: 'a,b <c>\nd' };
    const area = { fromUs: 1, toUs: 999_999_999, lanes: ['7:8', ':'] };
    const query = new URLSearchParams({ sel: sliceText(slice, BOUNDS), area: areaText(area, BOUNDS), find: 'x' });
    query.append('pin', '7:8');
    expect(placeOf(new URLSearchParams(query.toString()), BOUNDS)).toEqual({
      ...{ slice, area, folded: [], pinned: ['7:8'], search: 'x' },
    });
  });

  it.each(['', 'x', '1,2', 'a,b,c,d', '7:7,1,NaN,x', '7:7,99999999999999999999,1,x'])('takes %j for none', (text) => {
    const place = placeOf(new URLSearchParams({ sel: text, area: text }), BOUNDS);
    expect(place.slice).toBeUndefined();
    expect(place.area).toBeUndefined();
  });
});
