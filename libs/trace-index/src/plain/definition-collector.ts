import { hashText, isHashKind } from '../query/trace-event.js';
import type { TraceRecord } from '../query/trace-record.js';
import type { Definitions, LaneFact } from '../query/trace-file-reader.js';

/** Gathers what the metadata records of a file define. */
export class DefinitionCollector {
  readonly #hashes = { FH: new Map<string, string>(), HH: new Map<string, string>(), SH: new Map<string, string>() };
  readonly #lanes: LaneFact[] = [];

  add(record: TraceRecord): void {
    const { name } = record;
    const shown = hashText(record.arg('name'));
    if (name === undefined || shown === undefined) return;
    const value = hashText(record.arg('value'));
    if (isHashKind(name)) {
      const known = this.#hashes[name];
      if (value !== undefined && !known.has(value)) known.set(value, shown);
    }
    const { pid, tid } = record;
    if (name === 'HH') this.#lanes.push({ fact: 'host', pid, tid, text: shown });
    if (isHashKind(name)) return;
    // A PR record carries a property of the process: args.name says which, args.value what.
    if (name === 'PR') this.#lanes.push({ fact: shown, pid, tid, text: value ?? '' });
    else this.#lanes.push({ fact: name, pid, tid, text: shown });
  }

  definitions(): Definitions {
    return { hashes: this.#hashes, lanes: this.#lanes };
  }
}
