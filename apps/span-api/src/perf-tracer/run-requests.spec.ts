import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProblemsError, TEXT_CHARACTERS, type Problem } from './body-problems.js';
import { batchRequest, endRequest, startRequest, stepRequest } from './run-requests.js';

const NOW_US = 1_700_000_000_000_000;

function problemsOf(request: () => unknown): readonly Problem[] {
  try {
    request();
    return [];
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems;
    throw error;
  }
}

const brief = (problems: readonly Problem[]): unknown[] => problems.map(({ type, loc }) => [type, loc.join('.')]);

describe('requests of the published service', () => {
  it('take a tag, an id or none, and whatever else is there', () => {
    expect(startRequest({ trace_tag: 't', more: 1 })).toEqual({ tag: 't', id: null });
    expect(startRequest({ trace_tag: '', trace_id: '' })).toEqual({ tag: '', id: '' });
    expect(stepRequest({ trace_tag: 't', trace_id: null, step_name: 's' })).toEqual({
      key: { tag: 't', id: null },
      step: { name: 's', tracked: true },
      ends: false,
    });
    expect(endRequest({ trace_tag: 't', trace_id: 'x' }, '1970-01-01')).toEqual({
      key: { tag: 't', id: 'x' },
      endUs: 0,
    });
    expect(endRequest({ trace_tag: 't' }, ['bad', '1970-01-01'])).toMatchObject({ endUs: 0 });
  });

  it.each([
    [undefined, [['missing', 'body']]],
    [null, [['missing', 'body']]],
    [[], [['model_attributes_type', 'body']]],
    ['{"trace_tag":"x"}', [['model_attributes_type', 'body']]],
    [5, [['model_attributes_type', 'body']]],
    [
      {},
      [
        ['missing', 'body.trace_tag'],
        ['missing', 'body.step_name'],
      ],
    ],
    [
      { trace_tag: 5, trace_id: 6, step_name: null },
      [
        ['string_type', 'body.trace_tag'],
        ['string_type', 'body.trace_id'],
        ['string_type', 'body.step_name'],
      ],
    ],
    [{ trace_tag: 'x'.repeat(TEXT_CHARACTERS + 1), step_name: 's' }, [['string_too_long', 'body.trace_tag']]],
    [{ trace_tag: '\ud800', step_name: 's' }, [['string_unicode', 'body.trace_tag']]],
    [{ trace_tag: 't', step_name: 's', track_duration: 'maybe' }, [['bool_parsing', 'body.track_duration']]],
    [
      { trace_tag: 't', step_name: 's', track_duration: null, end_trace: {} },
      [
        ['bool_type', 'body.track_duration'],
        ['bool_type', 'body.end_trace'],
      ],
    ],
    [{ trace_tag: 't', step_name: 's', end_trace: 2 }, [['bool_parsing', 'body.end_trace']]],
  ])('say all that is wrong with %j', (body, expected) => {
    const problems = problemsOf(() => stepRequest(body));
    expect(brief(problems)).toEqual(expected);
    for (const { msg, input } of problems) expect([typeof msg, input !== undefined]).toEqual(['string', true]);
  });

  it.each([
    ['yes', true],
    ['ON', true],
    ['t', true],
    ['1', true],
    [1, true],
    ['n', false],
    ['False', false],
    ['off', false],
    [0, false],
  ])('read %j as %j', (given, expected) => {
    const { step } = stepRequest({ trace_tag: 't', step_name: 's', track_duration: given });
    expect(step.tracked).toBe(expected);
  });

  it('do not send a long text back, nor take the members of Object for given', () => {
    const [problem] = problemsOf(() => startRequest({ trace_tag: 'x'.repeat(1 << 20) }));
    expect(JSON.stringify(problem).length).toBeLessThan(400);
    expect(problem?.ctx).toEqual({ max_length: TEXT_CHARACTERS });
    expect(brief(problemsOf(() => startRequest(JSON.parse('{"__proto__": {"trace_tag": "t"}}'))))).toEqual([
      ['missing', 'body.trace_tag'],
    ]);
  });

  it('send back small things as they are, and of large or deep ones a beginning', () => {
    const given = { trace_tag: [{ a: 1 }, null, 'x'.repeat(1_000)] };
    expect(problemsOf(() => startRequest(given))[0]?.input).toEqual(given.trace_tag);
    let deep: unknown = 1;
    for (let depth = 0; depth < 200_000; depth++) deep = [deep];
    for (const large of [
      deep,
      Array.from({ length: 5_000 }, () => 1),
      { ['k'.repeat(5_000)]: 1 },
      [['y'.repeat(5_000)]],
    ]) {
      const [problem] = problemsOf(() => startRequest({ trace_tag: large }));
      expect([problem?.loc, problem?.input]).toEqual([['body', 'trace_tag'], '…']);
      const [missing] = problemsOf(() => startRequest({ large }));
      expect([missing?.type, missing?.input]).toEqual(['missing', '…']);
    }
    const [text] = problemsOf(() => startRequest('z'.repeat(1 << 20)));
    expect(text?.input).toBe(`${'z'.repeat(100)}…`);
  });

  it('name a wrong time and a wrong body together', () => {
    expect(brief(problemsOf(() => endRequest({}, 'yesterday')))).toEqual([
      ['datetime_from_date_parsing', 'query.timestamp'],
      ['missing', 'body.trace_tag'],
    ]);
    expect(brief(problemsOf(() => endRequest({ trace_tag: 't' }, { a: '1' })))).toHaveLength(1);
  });

  it('never fail otherwise, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (body, member) => {
        for (const any of [
          body,
          {
            trace_tag: member,
            trace_id: member,
            step_name: member,
            track_duration: member,
            runs: [member, { steps: [member] }],
          },
        ]) {
          problemsOf(() => startRequest(any));
          problemsOf(() => stepRequest(any));
          problemsOf(() => endRequest(any, member));
          problemsOf(() => batchRequest(any, NOW_US));
        }
      }),
    );
  });
});

describe('batchRequest', () => {
  const step = (name: string, offset_ms: number, more = {}): object => ({ step_name: name, offset_ms, ...more });

  it('places runs before the moment the batch came, by the clock of the client', () => {
    const runs = batchRequest(
      {
        runs: [
          {
            trace_tag: 't',
            trace_id: 'x',
            steps: [step('a', 1.5), step('b', 4, { track_duration: false })],
            end_ms: 5,
            sent_ms: 105,
          },
          { trace_tag: 't', steps: [step('a', 2)] },
          { trace_tag: 'u', steps: [] },
        ],
      },
      NOW_US,
    );
    expect(runs).toEqual([
      {
        tag: 't',
        id: 'x',
        startUs: NOW_US - 105_000,
        endUs: NOW_US - 100_000,
        steps: [
          { name: 'a', atUs: NOW_US - 103_500, tracked: true },
          { name: 'b', atUs: NOW_US - 101_000, tracked: false },
        ],
      },
      {
        tag: 't',
        id: null,
        startUs: NOW_US - 2_000,
        endUs: NOW_US,
        steps: [{ name: 'a', atUs: NOW_US, tracked: true }],
      },
      { tag: 'u', id: null, startUs: NOW_US, endUs: NOW_US, steps: [] },
    ]);
  });

  it.each([
    [{}, ['missing', 'body.runs']],
    [{ runs: 1 }, ['list_type', 'body.runs']],
    [{ runs: Array.from({ length: 501 }) }, ['too_long', 'body.runs']],
    [{ runs: [1] }, ['model_attributes_type', 'body.runs.0']],
    [{ runs: [{ steps: [] }] }, ['missing', 'body.runs.0.trace_tag']],
    [{ runs: [{ trace_tag: 't' }] }, ['missing', 'body.runs.0.steps']],
    [{ runs: [{ trace_tag: 't', steps: [{ step_name: 'a' }] }] }, ['missing', 'body.runs.0.steps.0.offset_ms']],
    [{ runs: [{ trace_tag: 't', steps: [step('a', -1)] }] }, ['out_of_range', 'body.runs.0.steps.0.offset_ms']],
    [{ runs: [{ trace_tag: 't', steps: [step('a', 1e11)] }] }, ['out_of_range', 'body.runs.0.steps.0.offset_ms']],
    [
      { runs: [{ trace_tag: 't', steps: [{ step_name: 'a', offset_ms: '1' }] }] },
      ['float_type', 'body.runs.0.steps.0.offset_ms'],
    ],
    [{ runs: [{ trace_tag: 't', steps: [step('a', 2), step('b', 1)] }] }, ['value_error', 'body.runs.0.steps']],
    [{ runs: [{ trace_tag: 't', steps: [step('a', 2)], end_ms: 1 }] }, ['value_error', 'body.runs.0.steps']],
  ])('refuses %j', (body, expected) => {
    expect(brief(problemsOf(() => batchRequest(body, NOW_US)))).toEqual([expected]);
  });
});
