import { BlockWriter } from '../plain/block-writer.js';
import { eachLine } from '../query/line-rewriter.js';
import type { EventBlock } from '../query/trace-file-reader.js';
import { giveBack } from './block-memory.js';
import type { SelectResult, TaskChunk } from './chunk-task.js';
import type { StoredHash } from './definition-section.js';
import { eventBlock } from './event-blocks.js';

/** Puts the definitions that events refer to in front of them, each once. */
export class DefinitionSender {
  /** Places of the definitions that have not been sent, ascending. */
  #unsent: number[];

  constructor(private readonly hashes: readonly StoredHash[]) {
    this.#unsent = hashes.flatMap(({ firstChunk, lastChunk }, place) => (firstChunk <= lastChunk ? [place] : []));
  }

  /** The definitions that events of these chunks may be the first to refer to. */
  wantedIn(chunks: readonly TaskChunk[]): Uint32Array {
    const first = chunks[0]?.chunk ?? 0;
    const last = chunks[chunks.length - 1]?.chunk ?? 0;
    return Uint32Array.from(
      this.#unsent.filter((place) => {
        const { firstChunk = 1, lastChunk = 0 } = this.hashes[place] ?? {};
        return firstChunk <= last && lastChunk >= first;
      }),
    );
  }

  /** The result's lines with the definitions that are due. Results come in file order. */
  *blocks({ blocks, references }: SelectResult): Generator<EventBlock, void, undefined> {
    const unsent = new Set(this.#unsent);
    // A result that was on its way did not know what the one before it sent.
    const due = references.filter(({ definition }) => unsent.has(definition));
    for (const { definition } of due) unsent.delete(definition);
    if (due.length > 0) this.#unsent = [...unsent];
    let next = 0;
    let before = 0;
    for (const block of blocks.map(eventBlock)) {
      const from = next;
      while (next < due.length && (due[next]?.event ?? 0) < before + block.events) next++;
      if (next === from) yield block;
      else yield* this.#joined(block, before, due.slice(from, next));
      before += block.events;
    }
  }

  /** Every line of `block` is an event, the first one having the number `before`. */
  #joined(block: EventBlock, before: number, due: SelectResult['references']): EventBlock[] {
    const out = new BlockWriter();
    let event = before;
    let next = 0;
    eachLine(block.bytes, (start, end) => {
      for (; due[next]?.event === event; next++) {
        const line = this.hashes[due[next]?.definition ?? 0]?.line;
        if (line !== undefined) out.add(line, 0, line.length, false);
      }
      out.add(block.bytes, start, end, true);
      event++;
    });
    giveBack(block.bytes);
    return out.finish();
  }
}
