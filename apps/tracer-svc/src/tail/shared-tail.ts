import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveReaders } from '@tracer/service-kit';
import type { NodeResult } from '../answers/node-result.js';
import { coverageHeaders, coverageOf } from '../answers/verdict.js';
import { answerOf, type ClusterAnswer } from '../cluster/cluster.js';
import { Audience } from './audience.js';
import type { TailFormat } from './tail-format.js';
import { TailMerge } from './tail-merge.js';

/** What a node had to say first: a stream that goes on, or a result like any other. */
export type Opening =
  { readonly node: string; readonly tail: IncomingMessage; readonly format: TailFormat } | NodeResult;

/** A session that is over on one node may be started again: so long newcomers are not asked whether it was. */
const REFUSED_MS = 5_000;

export interface SharedTailOptions {
  /** Names of all nodes that are asked. */
  readonly nodes: readonly string[];
  /** Asks them; the signal fires when nobody wants an answer any more. Never reject. */
  readonly open: (signal: AbortSignal) => readonly Promise<Opening>[];
  /** How long the answer waits for more nodes once one has begun; later ones join the running stream. */
  readonly graceMs: number;
  readonly readers: LiveReaders;
  /** Told once, when somebody who comes now had better begin anew: a node has ended, or is not there. */
  readonly onIncomplete: () => void;
  /** Told once, when nobody is left. */
  readonly onLeft: () => void;
}

/**
 * One live stream from the nodes for any number of clients that ask for the same. Who comes later gets what comes from
 * then on, as with a stream of their own. The nodes are left when the last client has left.
 *
 * ```
 *   client ─┐
 *   client ─┼─ audience ◄── merge ◄─┬── node a
 *   client ─┘                       └── node b
 * ```
 */
export class SharedTail {
  readonly #cancel = new AbortController();
  readonly #openings: readonly Promise<Opening>[];
  readonly #settled: Opening[] = [];
  readonly #begun: Promise<TailFormat | undefined>;
  #seats = 0;
  #audience: Audience | undefined;
  #merge: TailMerge | undefined;
  #isIncomplete = false;

  constructor(private readonly options: SharedTailOptions) {
    this.#openings = options.open(this.#cancel.signal);
    this.#begun = this.#firstOf();
  }

  /** Clients that stream or wait for the stream to begin. */
  get seats(): number {
    return this.#seats;
  }

  /** Whether somebody who comes now may share it. */
  get isOpen(): boolean {
    return !this.#isIncomplete && !this.#cancel.signal.aborted;
  }

  /** Streams to the response. Returns an answer instead when no node has a stream, undefined when all is said. */
  async follow(response: ServerResponse): Promise<ClusterAnswer | undefined> {
    this.#seats++;
    response.once('close', () => {
      this.#seats--;
      if (this.#seats > 0) return;
      this.#leave();
      this.options.onLeft();
    });
    const format = await this.#begun;
    if (response.destroyed) return undefined;
    if (format === undefined) return answerOf(this.#results(), () => ({}));
    const reader = this.options.readers.add(response, format.name);
    response.writeHead(200, {
      'Content-Type': format.contentType,
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      ...coverageHeaders(coverageOf(this.#results())),
    });
    response.flushHeaders();
    this.#audienceFor(format).add(reader, response);
    this.#start(format);
    return undefined;
  }

  /** Ends the stream of every client. */
  end(): void {
    this.#merge?.end();
    this.#leave();
  }

  /** The nodes are let go. */
  #leave(): void {
    this.#incomplete();
    this.#cancel.abort();
  }

  #audienceFor(format: TailFormat): Audience {
    return (this.#audience ??= new Audience(format.name));
  }

  /** Once, with the first client there: what nodes send before is for nobody. */
  #start(format: TailFormat): void {
    if (this.#merge !== undefined) return;
    const merge = new TailMerge(this.#audienceFor(format), format, this.#openings.length > 1);
    this.#merge = merge;
    const relays = this.#openings.map(async (opening) => this.#relay(merge, await opening, format));
    void Promise.all(relays).then(() => {
      merge.end();
    });
  }

  async #relay(merge: TailMerge, opening: Opening, format: TailFormat): Promise<void> {
    if ('tail' in opening) {
      if (opening.format === format) await merge.relay(opening.node, opening.tail);
      else {
        opening.tail.destroy();
        merge.lost(opening.node, 'the node answers in another format');
      }
      this.#incomplete();
    } else if (opening.kind === 'silence') {
      merge.lost(opening.node, opening.reason);
      this.#incomplete();
    } else if (opening.kind === 'refusal') {
      merge.lost(opening.node, opening.refusal.message);
      setTimeout(() => {
        this.#incomplete();
      }, REFUSED_MS).unref();
    }
  }

  #incomplete(): void {
    if (this.#isIncomplete) return;
    this.#isIncomplete = true;
    this.options.onIncomplete();
  }

  /** The format of the first stream, when that is there and its grace is over; undefined when all have answered without. */
  async #firstOf(): Promise<TailFormat | undefined> {
    const watched = this.#openings.map(async (opening) => {
      const settled = await opening;
      this.#settled.push(settled);
      // Never resolves for other answers: only a stream starts the grace.
      return 'tail' in settled ? sleep(this.options.graceMs) : new Promise<never>(() => undefined);
    });
    await Promise.race([Promise.all(this.#openings), ...watched]);
    const first = this.#settled.find((opening) => 'tail' in opening);
    if (first === undefined) this.#incomplete();
    return first?.format;
  }

  /** What every node has said until now. */
  #results(): NodeResult[] {
    return this.options.nodes.map((node) => {
      const opening = this.#settled.find((one) => one.node === node);
      if (opening === undefined) return { node, kind: 'silence', reason: 'no answer yet' };
      return 'tail' in opening ? { node, kind: 'value', value: {} } : opening;
    });
  }
}
