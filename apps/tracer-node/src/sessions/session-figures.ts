import type { LiveSession } from './live-session.js';
import type { RunCounts, SessionState } from './session.js';

/** What all sessions of this process have seen, for the operator. */
export interface Figures {
  readonly states: Readonly<Record<SessionState, number>>;
  readonly events: number;
  readonly lost: number;
  readonly bytes: number;
}

/** Adds up runs, so that the sums never fall: what a run had counted stays when it has ended and when it is deleted. */
export class SessionFigures {
  #ended = { events: 0, lost: 0, bytes: 0 };

  runEnded(counts: RunCounts): void {
    this.#ended = plus(this.#ended, counts);
  }

  of(sessions: readonly LiveSession[]): Figures {
    const states = { pending: 0, running: 0, finished: 0, failed: 0, interrupted: 0 };
    let sums = this.#ended;
    for (const session of sessions) {
      const { state, run } = session.view().record;
      states[state]++;
      if (session.isRecording()) sums = plus(sums, run.counts);
    }
    return { states, ...sums };
  }
}

type Sums = Pick<RunCounts, 'events' | 'lost' | 'bytes'>;

function plus(sums: Sums, { events, lost, bytes }: Sums): Sums {
  return { events: sums.events + events, lost: sums.lost + lost, bytes: sums.bytes + bytes };
}
