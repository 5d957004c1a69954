import type { EventCatalog } from '../event-format.js';
import { RingMerge } from '../ring/ring-merge.js';
import { ownTids } from './task-scan.js';
import type { Demux } from './demux.js';
import { LINEAGE_EVENTS } from './lineage.js';
import type { Ring, RingOptions } from './ring.js';

export interface RingsOptions extends Omit<RingOptions, 'name'> {
  readonly instanceName: string;
  readonly procfsPath: string;
  /** `openRing`, or in tests something that needs no kernel. */
  readonly openRing: (options: RingOptions) => Promise<Ring>;
}

/**
 * The tracefs side of a capture: the shared ring for the followed threads and, while a session wants it, a second one
 * without a thread filter. Both exist only while a session runs; an idle agent costs the machine nothing.
 */
export class CaptureRings {
  readonly merge = new RingMerge();
  #main: Ring | undefined;
  #host: Ring | undefined;

  constructor(
    private readonly options: RingsOptions,
    private readonly catalog: EventCatalog,
    private readonly demux: Demux,
    private readonly onLoss: (ring: Ring, index: number, atNs: number, marked: number, isUncounted: boolean) => void,
  ) {}

  /** The rings that a session of this kind gets events from, made if need be. */
  async open(wantsHostWide: boolean): Promise<readonly Ring[]> {
    this.#main ??= await this.#openMain();
    if (!wantsHostWide) return [this.#main];
    this.#host ??= await this.#openHost();
    return [this.#main, this.#host];
  }

  /**
   * Lineage is recorded before the first thread is followed, so that no birth falls between; the filter is never empty
   * afterwards, because it is only added to.
   */
  async #openMain(): Promise<Ring> {
    const ring = await this.#create(this.options.instanceName);
    try {
      await ring.control.excludeTids(ownTids(this.options.procfsPath));
    } catch (error) {
      await this.#remove(ring);
      throw error;
    }
    const events = new Set<string>(Object.values(LINEAGE_EVENTS));
    for (const event of events) this.demux.learn(this.catalog.format(event));
    await ring.control.setEvents(events);
    return ring;
  }

  /** Our own threads are not shut out here: an interrupt that comes while one of them runs is as good as any other. */
  async #openHost(): Promise<Ring> {
    const ring = await this.#create(`${this.options.instanceName}_host`);
    this.demux.addHostWide(ring.cpus);
    // Nothing is enabled in it yet, and an earlier session may have the other ring recording already.
    await ring.control.setRecording(true);
    return ring;
  }

  async #create(name: string): Promise<Ring> {
    const ring = await this.options.openRing({ ...this.options, name });
    ring.cpus.forEach((cpu, index) => {
      this.merge.add(cpu);
      cpu.onLoss = ({ cursor }) => {
        this.onLoss(ring, index, cursor.atNs, cursor.lostBefore, cursor.lostUncounted);
      };
    });
    return ring;
  }

  /** The kernel follows these threads and their children from now on. */
  async follow(tids: readonly number[]): Promise<void> {
    if (this.#main === undefined || tids.length === 0) return;
    await this.#readmit(tids);
    await this.#main.control.addTids(tids);
  }

  /**
   * Excluded are our own threads, what nobody follows any more, and the children of both (a hook that the agent started,
   * say): a wanted thread among them would stay silent.
   */
  async #readmit(tids: readonly number[]): Promise<void> {
    if (this.#main === undefined) return;
    const excluded = this.#main.control.excludedTids();
    const wanted = new Set(tids);
    const kept = excluded.filter((tid) => !wanted.has(tid));
    if (kept.length < excluded.length) await this.#main.control.replaceExcluded(kept);
  }

  /** Nobody follows these threads any more. They cannot be taken out of a live filter, but they can be shut out. */
  async exclude(tids: readonly number[]): Promise<void> {
    if (tids.length > 0) await this.#main?.control.excludeTids(tids);
  }

  /** Enables what the sessions want, and nothing else. */
  async setEvents(events: Iterable<string>, hostWide: Iterable<string>): Promise<void> {
    await this.#main?.control.setEvents(new Set([...Object.values(LINEAGE_EVENTS), ...events]));
    const forHost = new Set(hostWide);
    if (forHost.size > 0) await this.#host?.control.setEvents(forHost);
    else await this.#closeHost();
  }

  async #closeHost(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    if (host !== undefined) await this.#remove(host);
  }

  /** Switches recording on or off; what is in the rings can still be read. */
  async record(on: boolean): Promise<void> {
    for (const ring of this.all) await ring.control.setRecording(on);
  }

  /** Pages that the kernel keeps per CPU. */
  get pagesPerCpu(): number {
    return this.#main?.pagesPerCpu ?? 1;
  }

  /** Places so far where a page made no sense. */
  get malformed(): number {
    return this.merge.cpus.reduce((sum, cpu) => sum + cpu.cursor.malformed, 0);
  }

  async close(): Promise<void> {
    const main = this.#main;
    this.#main = undefined;
    await this.#closeHost();
    if (main !== undefined) await this.#remove(main);
  }

  async #remove(ring: Ring): Promise<void> {
    for (const cpu of ring.cpus) this.merge.remove(cpu);
    await ring.control.remove();
  }

  get all(): readonly Ring[] {
    return [this.#main, this.#host].filter((ring) => ring !== undefined);
  }
}
