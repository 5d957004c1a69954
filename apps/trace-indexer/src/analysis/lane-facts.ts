import type { LaneDto } from '@tracer/dtos';
import { Filter, hashText, TraceRecord, type LaneFact, type TraceFileReader } from '@tracer/trace-index';

/** What is known of the processes and threads of a file, beside their events. */
export class LaneFacts {
  readonly #processes = new Map<number | undefined, Map<string, string>>();
  readonly #threads = new Map<string, string>();

  /** @param host of every process for which no record names one */
  constructor(
    facts: readonly LaneFact[],
    private readonly host: string | undefined,
  ) {
    for (const { fact, pid, tid, text } of facts) {
      if (fact === 'thread_name') setOnce(this.#threads, `${pid ?? ''}:${tid ?? ''}`, text);
      else setOnce(this.#factsOf(pid), fact, text);
    }
  }

  ofProcess(pid: number | undefined): Pick<LaneDto, 'host' | 'rank' | 'process_name'> {
    const facts = this.#processes.get(pid);
    const [host, rank, name] = [facts?.get('host') ?? this.host, facts?.get('rank'), facts?.get('process_name')];
    return {
      ...(host === undefined ? {} : { host }),
      ...(rank === undefined ? {} : { rank }),
      ...(name === undefined ? {} : { process_name: name }),
    };
  }

  ofThread(pid: number | undefined, tid: number | undefined): Pick<LaneDto, 'thread_name'> {
    const name = this.#threads.get(`${pid ?? ''}:${tid ?? ''}`);
    return name === undefined ? {} : { thread_name: name };
  }

  #factsOf(pid: number | undefined): Map<string, string> {
    const known = this.#processes.get(pid) ?? new Map<string, string>();
    this.#processes.set(pid, known);
    return known;
  }
}

function setOnce(map: Map<string, string>, key: string, value: string): void {
  if (!map.has(key)) map.set(key, value);
}

export async function laneFactsOf(reader: TraceFileReader, signal: AbortSignal): Promise<LaneFacts> {
  const { lanes, hashes } = await reader.definitions(signal);
  const [onlyHost] = hashes.HH.size === 1 ? hashes.HH.values() : [];
  return new LaneFacts(lanes, onlyHost ?? (await inlineHost(reader, signal)));
}

/** The 2023 dialect writes the host into every event; one tells it, because a file is of one process. */
async function inlineHost(reader: TraceFileReader, signal: AbortSignal): Promise<string | undefined> {
  for await (const { bytes } of reader.select(Filter.everything, { metadata: 'none', limit: 1 }, signal)) {
    const record = new TraceRecord();
    record.read(bytes, 0, bytes.length - 1);
    return hashText(record.arg('hostname'));
  }
  return undefined;
}
