import { join } from 'node:path';
import { reasonOf, TracerError } from '@tracer/base';
import { parseSessionId } from '@tracer/dtos';
import { isMalformedGlob } from '@tracer/pods';
import type { ProcessRef } from '@tracer/trace-hooks';
import type { HookCatalog } from '../trace-hooks/hook-catalog.js';
import { LiveSession } from './live-session.js';
import { newSessionId } from './session-id.js';
import { NO_COUNTS, nowUs, type RunLimits, type SessionDefinition, type SessionRecord } from './session.js';
import { SessionFigures, type Figures } from './session-figures.js';
import type { SessionHost } from './session-host.js';
import type { SessionStore } from './session-store.js';

/** What a caller wants to trace. */
export interface SessionRequest {
  readonly pod: string;
  readonly container: string;
  readonly hook: string;
  /** Words, separated by white space. */
  readonly args: string;
  readonly context: string;
  readonly group?: string;
  /** Absent members leave the agent's own limit. */
  readonly limits: Partial<RunLimits>;
}

export interface RegistryOptions extends Omit<SessionHost, 'hooks' | 'store' | 'reserveRun' | 'runEnded'> {
  readonly hooks: HookCatalog;
  readonly store: SessionStore;
  /** Of every run; 0 is no limit. */
  readonly limits: RunLimits;
  readonly maxSessions: number;
  readonly maxRunning: number;
  /** Start sessions again that ran when the agent ended. */
  readonly resume: boolean;
  readonly rescanMs: number;
  /** Gives the trace file of an agent that died a proper end, and tells its size; undefined if there is none. */
  mendFile(file: string): number | undefined;
  /** Ends the hook of an agent that died. Never rejects. */
  endHook(process: ProcessRef): Promise<unknown>;
}

const CHECKPOINT_MS = 5000;
/** A scan may take this share of the time at most, on a host with very many processes. */
const SCAN_SHARE = 0.1;
const GROUP = /^[\w.-]{1,64}$/;
const REQUEST_FIELD = { timeMs: 'time-limit-ms', events: 'event-limit', bytes: 'byte-limit' } as const;
const KILLED = 'the agent ended without stopping the session; counts are those of the last look';

/** All sessions of the agent. */
export class SessionRegistry {
  readonly #options: RegistryOptions;
  readonly #host: SessionHost;
  readonly #sessions = new Map<string, LiveSession>();
  readonly #figures = new SessionFigures();
  #running = 0;
  #rescan: NodeJS.Timeout | undefined;
  #checkpoint: NodeJS.Timeout | undefined;
  #closed = false;
  #scanFailure: string | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#host = {
      ...options,
      reserveRun: () => this.#reserveRun(),
      runEnded: (counts) => {
        this.#figures.runEnded(counts);
      },
    };
  }

  /** Brings back the sessions of an earlier process. Throws STORAGE_FAILED. */
  async open(): Promise<void> {
    const toResume: LiveSession[] = [];
    for (const stored of this.#options.store.load()) {
      const { wasRunning = false, ...record } = stored;
      const died = record.state === 'running';
      const session = new LiveSession(died ? await this.#afterDeath(record) : record, this.#host);
      this.#sessions.set(record.definition.id, session);
      if (died || wasRunning) toResume.push(session);
    }
    this.#checkpoint = setInterval(() => void this.#checkpointAll(), CHECKPOINT_MS);
    this.#scheduleRescan(this.#options.rescanMs);
    if (this.#options.resume) await Promise.all(toResume.map((session) => this.#resume(session)));
  }

  /**
   * Defines a session; nothing runs yet. Throws HOOK_UNKNOWN, HOOK_UNAVAILABLE, HOOK_ARGUMENT_INVALID, BODY_MALFORMED
   * (a limit beyond the agent's), CONTAINER_NOT_MATCHED, TOO_MANY, STORAGE_FAILED.
   */
  async create(request: SessionRequest): Promise<LiveSession> {
    const { pod, container, context, group } = request;
    const { hooks, pods, store, maxSessions } = this.#options;
    if (group !== undefined && !isGroup(group))
      throw new TracerError('BODY_MALFORMED', 'X-Tracer-Group: expected 1 to 64 letters, digits, "_", "." or "-"');
    const limits = this.#limitsFor(request.limits);
    const hook = hooks.find(request.hook);
    const params = request.args.split(/\s+/u).filter((word) => word !== '');
    hook.check(params);
    const containers = await pods.match(pod, container);
    if (containers.length === 0)
      throw new TracerError(
        'CONTAINER_NOT_MATCHED',
        `${malformedIn({ pod, container })}no container ${JSON.stringify(container)} in a pod ${JSON.stringify(pod)}; GET /v1/pods lists them`,
      );
    if (this.#sessions.size >= maxSessions)
      throw new TracerError('TOO_MANY', `${maxSessions} sessions are defined already; delete one`);
    const definition: SessionDefinition = {
      id: newSessionId((id) => this.#sessions.has(id)),
      context,
      ...(group === undefined ? {} : { group }),
      hookGroup: hook.group,
      hook: hook.name,
      params,
      podPattern: pod,
      containers,
      limits,
      createdAtUs: nowUs(),
    };
    const record: SessionRecord = { definition, state: 'pending', run: { counts: NO_COUNTS } };
    const session = new LiveSession(record, this.#host);
    this.#sessions.set(definition.id, session);
    try {
      await store.save(record);
    } catch (error) {
      this.#sessions.delete(definition.id);
      throw error;
    }
    return session;
  }

  figures(): Figures {
    return this.#figures.of(this.all());
  }

  all(): LiveSession[] {
    return [...this.#sessions.values()];
  }

  /**
   * The session of an id, or the sessions of a group. Throws SESSION_ID_INVALID for what can be neither, else
   * SESSION_NOT_FOUND.
   */
  find(idOrGroup: string): LiveSession[] {
    const isNumber = /^\d+$/.test(idOrGroup);
    const wanted = isNumber ? parseSessionId(idOrGroup) : idOrGroup;
    const session = this.#sessions.get(wanted);
    const found =
      session === undefined ? this.all().filter(({ definition }) => definition.group === wanted) : [session];
    if (found.length === 0) throw new TracerError('SESSION_NOT_FOUND', `no session with id ${parseSessionId(wanted)}`);
    return found;
  }

  /** Throws what the first of the sessions that fails throws, after all have been tried. */
  async start(sessions: readonly LiveSession[]): Promise<void> {
    await allTried(sessions.map((session) => session.start()));
    this.#scheduleRescan(0);
  }

  async stop(sessions: readonly LiveSession[]): Promise<void> {
    await allTried(sessions.map((session) => session.stop()));
  }

  async remove(sessions: readonly LiveSession[], options: { readonly purge: boolean }): Promise<void> {
    await allTried(
      sessions.map((session) =>
        session.remove(options).finally(() => {
          if (this.#sessions.get(session.definition.id) === session) this.#sessions.delete(session.definition.id);
        }),
      ),
    );
  }

  /** Stops and forgets every session, whatever fails, and lets the hooks clean up. */
  async removeAll(options: { readonly purge: boolean }): Promise<void> {
    await this.remove(this.all(), options).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'a session did not stop properly when all were deleted');
    });
    await this.#options.hooks.clear();
  }

  /** Ends every run; the sessions are marked interrupted and are there after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#rescan);
    clearInterval(this.#checkpoint);
    await Promise.all(this.all().map((session) => session.interrupt('the agent was stopped')));
    await this.#options.store.settled();
  }

  #limitsFor(wanted: Partial<RunLimits>): RunLimits {
    const { limits } = this.#options;
    const one = (name: keyof RunLimits): number => {
      const [most, asked] = [limits[name], wanted[name]];
      if (asked !== undefined && most > 0 && asked > most)
        throw new TracerError('BODY_MALFORMED', `body: ${REQUEST_FIELD[name]} must not be greater than ${most}`);
      return asked ?? most;
    };
    return { timeMs: one('timeMs'), events: one('events'), bytes: one('bytes') };
  }

  #reserveRun(): () => void {
    const { maxRunning } = this.#options;
    if (this.#closed) throw new TracerError('NOT_READY', 'the agent is stopping');
    if (this.#running >= maxRunning)
      throw new TracerError('TOO_MANY', `${maxRunning} sessions are running already; stop one`);
    this.#running++;
    return () => {
      this.#running--;
    };
  }

  /** The run that an agent was at when it died: its file gets an end, and what is known of it stays. */
  async #afterDeath(record: SessionRecord): Promise<SessionRecord> {
    const { store, traceDir } = this.#options;
    const { hookProcess, ...run } = record.run;
    if (hookProcess !== undefined) await this.#options.endHook(hookProcess);
    const bytes = record.file === undefined ? undefined : this.#mend(join(traceDir, record.file));
    const counts = { ...run.counts, bytes: bytes ?? run.counts.bytes };
    const interrupted: SessionRecord = { ...record, state: 'interrupted', run: { ...run, counts, reason: KILLED } };
    await store.save(interrupted);
    return interrupted;
  }

  #mend(file: string): number | undefined {
    try {
      return this.#options.mendFile(file);
    } catch (error) {
      this.#options.log.warn(
        { file, reason: reasonOf(error) },
        'trace file of an interrupted session has no proper end',
      );
      return undefined;
    }
  }

  async #resume(session: LiveSession): Promise<void> {
    const { id } = session.definition;
    try {
      await session.start();
      this.#options.log.info({ session: id }, 'session runs again after a restart of the agent');
    } catch (error) {
      this.#options.log.warn({ session: id, err: error }, 'session could not be started again');
    }
  }

  #scheduleRescan(delayMs: number): void {
    clearTimeout(this.#rescan);
    if (!this.#closed) this.#rescan = setTimeout(() => void this.#lookForTasks(), delayMs);
  }

  async #lookForTasks(): Promise<void> {
    const recording = this.all().filter((session) => session.isRecording());
    const startedMs = performance.now();
    if (recording.length > 0) {
      const failure = await this.#scan();
      if (failure === undefined) for (const session of recording) session.lookForTasks();
    }
    const tookMs = performance.now() - startedMs;
    this.#scheduleRescan(Math.max(this.#options.rescanMs, tookMs / SCAN_SHARE));
  }

  /** Says each new reason once, not every second. */
  async #scan(): Promise<string | undefined> {
    const failure = await this.#options.pods.scan().then(() => undefined, reasonOf);
    if (failure !== undefined && failure !== this.#scanFailure)
      this.#options.log.warn({ reason: failure }, 'pods could not be read; running sessions keep their processes');
    this.#scanFailure = failure;
    return failure;
  }

  async #checkpointAll(): Promise<void> {
    await Promise.all(this.all().map((session) => session.checkpoint()));
  }
}

/** What is wrong with the patterns themselves, in front of the published outcome, which is that nothing matches. */
function malformedIn(patterns: Readonly<Record<string, string>>): string {
  return Object.entries(patterns)
    .filter(([, pattern]) => isMalformedGlob(pattern))
    .map(([field, pattern]) => `${field}: ${JSON.stringify(pattern)} is a malformed pattern; `)
    .join('');
}

function isGroup(text: string): boolean {
  return GROUP.test(text) && text !== 'all';
}

async function allTried(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
