import type { DensityGrid, DensityLane } from '../query/density-grid.js';
import type { TraceLane } from './index-dictionaries.js';

/** Which lane of a picture the lanes of a file go to: those of a process may share one. */
export class PictureLanes {
  /** By lane id of the file: the lane of the picture, from 1 on; 0 = not wanted. */
  readonly places: Uint32Array;
  readonly #threads: TraceLane[] = [];
  readonly #lanes: (DensityLane | undefined)[] = [];

  /** @param wanted by lane id, 1 = wanted; `undefined` = all */
  constructor(
    private readonly grid: DensityGrid,
    lanes: readonly TraceLane[],
    wanted: Uint8Array | undefined,
  ) {
    this.places = new Uint32Array(lanes.length);
    const processes = new Map<number, number>();
    lanes.forEach((lane, id) => {
      if (wanted !== undefined && wanted[id] !== 1) return;
      const known = grid.spec.lanes === 'process' ? processes.get(lane.pid) : undefined;
      const place = known ?? this.#threads.push(lane);
      processes.set(lane.pid, place);
      this.places[id] = place;
    });
  }

  /** @throws TracerError VALIDATION when there are too many lanes for the bins of the picture */
  at(place: number): DensityLane {
    let lane = this.#lanes[place];
    if (lane === undefined) {
      const { pid = NaN, tid = NaN } = this.#threads[place - 1] ?? {};
      const [process, thread] = [pid, tid].map((id) => (Number.isNaN(id) ? undefined : id));
      this.#lanes[place] = lane = this.grid.lane(process, thread);
    }
    return lane;
  }
}
