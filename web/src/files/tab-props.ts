import type { Bounds, EventChoice } from './event-choice.js';

/** What a view of files is given: which events, and when they are. */
export interface TabProps {
  readonly choice: EventChoice;
  readonly bounds: Bounds;
}
