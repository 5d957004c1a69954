import { expect, it } from '@jest/globals';
import { timeMarks } from './time-marks.js';

const AT = 1_790_000_000;

it.each([
  ['seconds', [AT, AT + 10], ['14:13:20', '14:13:30']],
  ['parts of a second', [AT, AT + 0.025, AT + 0.05], ['14:13:20.000', '14:13:20.025', '14:13:20.050']],
  ['microseconds', [AT, AT + 0.000_25], ['14:13:20.000000', '14:13:20.000250']],
  ['days', [AT, AT + 86_400], ['09-21 14:13', '09-22 14:13']],
  ['nothing', [], []],
])('tells %s apart', (_, splits, marks) => {
  expect(timeMarks(splits, 'utc')).toEqual(marks);
});
