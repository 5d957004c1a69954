import type { LaneTimeline } from '../query/lane-timeline.js';
import { laneName } from './selected-timeline.js';

const PIECE_CHARS = 256 * 1024;

/**
 * The file format of speedscope: one profile a lane, each event an opening and a closing of a frame. What reaches beyond
 * the event around it is cut, because frames must nest.
 */
export function* speedscopeJson(timeline: LaneTimeline, title: string): Generator<Buffer, void, undefined> {
  const frames = timeline.names.map((name) => ({ name }));
  const head = {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'trace-indexer',
    name: title,
    shared: { frames },
  };
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"profiles":[`);
  let first = true;
  for (const lane of timeline.lanes()) {
    const steps = new Steps();
    let [startUs, endUs] = [Infinity, -Infinity];
    timeline.visit(lane, {
      open(event) {
        const at = timeline.startUs(event);
        startUs = Math.min(startUs, at);
        steps.add('O', timeline.nameId(event), at);
      },
      close(event, at) {
        endUs = Math.max(endUs, at);
        steps.add('C', timeline.nameId(event), at);
      },
    });
    const profile = {
      type: 'evented',
      name: laneName(lane),
      unit: 'microseconds',
      startValue: startUs,
      endValue: endUs,
    };
    yield Buffer.from(`${first ? '' : ','}\n${JSON.stringify(profile).slice(0, -1)},"events":[`);
    yield* steps.pieces();
    yield Buffer.from(']}');
    first = false;
  }
  yield Buffer.from(']}\n');
}

/** The steps of a profile as bytes: as texts of their own, millions of them would not fit. */
class Steps {
  readonly #done: Buffer[] = [];
  #text = '';
  #first = true;

  add(type: 'O' | 'C', frame: number, at: number): void {
    this.#text += `${this.#first ? '' : ','}{"type":"${type}","frame":${frame},"at":${at}}`;
    this.#first = false;
    if (this.#text.length > PIECE_CHARS) this.#cut();
  }

  pieces(): readonly Buffer[] {
    this.#cut();
    return this.#done;
  }

  #cut(): void {
    if (this.#text !== '') this.#done.push(Buffer.from(this.#text));
    this.#text = '';
  }
}
