import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventOf, type EventFields } from '../testing/event-of.js';
import { CallTree, MAX_CALL_DEPTH, type CallNode } from './call-tree.js';
import { LaneTimeline } from './lane-timeline.js';

const timelineOf = (events: readonly EventFields[], maxEvents = 1000): LaneTimeline => {
  const timeline = new LaneTimeline({ maxEvents });
  for (const fields of events) timeline.accept(eventOf({ pid: 1, tid: 1, ...fields }));
  return timeline;
};
const walk = (timeline: LaneTimeline, lane = 0): string => {
  const steps: string[] = [];
  const found = timeline.lanes()[lane];
  if (found === undefined) return '';
  const name = (event: number): string => timeline.names[timeline.nameId(event)] ?? '';
  timeline.visit(found, {
    open: (event) => steps.push(name(event)),
    close: (event, endUs) => steps.push(`/${name(event)}@${endUs}`),
  });
  return steps.join(' ');
};
const shape = (node: CallNode): unknown => [
  node.name,
  node.count,
  node.totalUs,
  node.selfUs,
  [...node.children.values()].map(shape),
];
const treeOf = (events: readonly EventFields[]): CallTree => {
  const timeline = timelineOf(events);
  const tree = new CallTree();
  for (const lane of timeline.lanes()) tree.addLane(timeline, lane);
  return tree;
};

describe('LaneTimeline', () => {
  it('nests by time, whatever the order in the file', () => {
    const a = { name: 'a', ts: 0, dur: 10 };
    const b = { name: 'b', ts: 0, dur: 4 };
    const c = { name: 'c', ts: 4, dur: 6 };
    for (const events of [
      [a, b, c],
      [b, c, a],
      [c, a, b],
    ])
      expect(walk(timelineOf(events))).toBe('a b /b@4 c /c@10 /a@10');
  });

  it('cuts what reaches beyond the event around it, and counts that', () => {
    const timeline = timelineOf([
      { name: 'a', ts: 0, dur: 10 },
      { name: 'b', ts: 5, dur: 10 },
    ]);
    expect(walk(timeline)).toBe('a b /b@10 /a@10');
    expect(timeline.cut).toBe(1);
  });

  it('puts events without length where they happen', () => {
    expect(
      walk(
        timelineOf([
          { name: 'a', ts: 5, dur: 5 },
          { name: 'i', ts: 5 },
          { name: 'j', ts: 10 },
          { name: 'k', ts: 10 },
        ]),
      ),
    ).toBe('a i /i@5 /a@10 j /j@10 k /k@10');
  });

  it('has one lane per process and thread, in order, and counts what has no place', () => {
    const timeline = timelineOf(
      [
        { tid: 2, ts: 1 },
        { tid: 1, ts: 1 },
        { pid: undefined, tid: undefined, ts: 1 },
        {},
        { ts: 1, dur: -5 },
        { ts: 1 },
      ],
      4,
    );
    expect(timeline.lanes().map(({ pid, tid, events }) => [pid, tid, events.length])).toEqual([
      [undefined, undefined, 1],
      [1, 1, 2],
      [1, 2, 1],
    ]);
    expect([timeline.count, timeline.untimed, timeline.leftOut]).toEqual([4, 1, 1]);
  });

  it('opens and closes every event once, properly nested, and never goes back in time', () => {
    const events = fc.array(fc.record({ ts: fc.nat(50), dur: fc.nat(20), name: fc.constantFrom('a', 'b') }), {
      maxLength: 3000,
    });
    fc.assert(
      fc.property(events, (all) => {
        const timeline = timelineOf(all, Infinity);
        const open: number[] = [];
        let [now, opened] = [-1, 0];
        for (const lane of timeline.lanes()) {
          timeline.visit(lane, {
            open(event) {
              expect(timeline.startUs(event)).toBeGreaterThanOrEqual(now);
              now = timeline.startUs(event);
              opened++;
              open.push(event);
            },
            close(event, endUs) {
              expect(open.pop()).toBe(event);
              expect(endUs).toBeGreaterThanOrEqual(now);
              now = endUs;
            },
          });
        }
        expect([opened, open.length]).toEqual([all.length, 0]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('CallTree', () => {
  it('adds up calls of one name from one caller, and the time they take themselves', () => {
    const tree = treeOf([
      { name: 'main', ts: 0, dur: 100 },
      { name: 'read', ts: 10, dur: 20 },
      { name: 'read', ts: 40, dur: 10 },
      { name: 'wait', ts: 42, dur: 3 },
      { name: 'main', ts: 200, dur: 50 },
    ]);
    expect(shape(tree.root)).toEqual([
      '',
      0,
      150,
      0,
      [['main', 2, 150, 120, [['read', 2, 30, 27, [['wait', 1, 3, 3, []]]]]]],
    ]);
    expect([...tree.folded()].map(({ path, node }) => `${path.join(';')} ${node.selfUs}`)).toEqual([
      'main 120',
      'main;read 27',
      'main;read;wait 3',
    ]);
  });

  it('stays shallow when the calls do not', () => {
    const depth = MAX_CALL_DEPTH + 500;
    const tree = treeOf(Array.from({ length: depth }, (_, i) => ({ name: 'f', ts: i, dur: 2 * (depth - i) })));
    expect(tree.tooDeep).toBe(500);
    expect([...tree.folded()]).toHaveLength(MAX_CALL_DEPTH);
  });

  it('loses no time: all self times add up to the outermost ones', () => {
    const events = fc.array(fc.record({ ts: fc.nat(60), dur: fc.nat(30), name: fc.constantFrom('a', 'b', 'c') }));
    fc.assert(
      fc.property(events, (all) => {
        const tree = treeOf(all);
        const self = [...tree.folded()].reduce((sum, { node }) => sum + node.selfUs, 0);
        const count = [...tree.folded()].reduce((sum, { node }) => sum + node.count, 0);
        expect([self, count]).toEqual([tree.root.totalUs, all.length]);
      }),
    );
  });
});
