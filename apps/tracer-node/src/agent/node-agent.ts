import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, TracerError, writableDirectory, type Log } from '@tracer/base';
import { openPodSource, type PodSource } from '@tracer/pods';
import { closeTornFile, endOrphanedHook, nativeHooks } from '@tracer/trace-hooks';
import { clusterEnvironment, hookEnvironment, type TracerNodeConfig } from '../config.js';
import { FoundLater } from '../pods/found-later.js';
import { PodCatalog } from '../pods/pod-catalog.js';
import { SessionRegistry } from '../sessions/session-registry.js';
import { SessionStore } from '../sessions/session-store.js';
import { discoverExternal } from '../trace-hooks/external-provider.js';
import { HookCatalog } from '../trace-hooks/hook-catalog.js';
import { NativeProvider } from '../trace-hooks/native-provider.js';
import { openCollector, type OpenCollector } from './collector.js';
import { openKernel, type OpenKernel } from './kernel.js';
import { withoutRepeats } from './repeat-filter.js';
import { directoryNameOf, lockStateDirectory } from './state-directory.js';

/** Share of the stop deadline that the collector may take for what still waits. */
const EXPORT_SHARE = 0.3;
/** Pods are read every second while sessions run; what is wrong with them is said every ten minutes. */
const QUIET_MS = 600_000;

interface Parts {
  readonly pods: PodCatalog;
  readonly hooks: HookCatalog;
  readonly kernel: OpenKernel;
  readonly collector: OpenCollector;
  readonly sessions: SessionRegistry;
  readonly traceDir: string;
  readonly unlock: () => void;
}

/**
 * All engines of the node agent, put together.
 *
 *   pods ◄── sessions ──► hooks ──► kernel (one capture for all) and external managers
 *               ├──► store (definitions and states)
 *               └──► collector (OTLP)
 */
export class NodeAgent {
  #parts: Parts | undefined;
  /** Told how long each scan of the pods took. */
  onScan: (seconds: number) => void = () => undefined;

  constructor(
    readonly config: Readonly<TracerNodeConfig>,
    private readonly log: Log,
  ) {}

  get pods(): PodCatalog {
    return this.#started.pods;
  }

  get hooks(): HookCatalog {
    return this.#started.hooks;
  }

  get sessions(): SessionRegistry {
    return this.#started.sessions;
  }

  get kernel(): OpenKernel {
    return this.#started.kernel;
  }

  get collector(): OpenCollector {
    return this.#started.collector;
  }

  get traceDir(): string {
    return this.#started.traceDir;
  }

  /** Throws STORAGE_FAILED when a directory cannot be used, CONFIG_INVALID for a CRI endpoint that is none. */
  async start(): Promise<void> {
    const { config, log } = this;
    const traceDir = writableDirectory(config.traceDir, 'TRACE_DIR');
    const stateDir = writableDirectory(
      join(config.dataDir, 'tracer-node', directoryNameOf(config.nodeName)),
      'TRACER_DATA_DIR',
    );
    const unlock = lockStateDirectory(stateDir);
    try {
      const pods = new PodCatalog({
        source: await this.#podSource(withoutRepeats(log, QUIET_MS)),
        procfsPath: config.procfsPath,
        onScan: (seconds) => {
          this.onScan(seconds);
        },
      });
      await pods.scan().catch((error: unknown) => {
        log.warn({ reason: reasonOf(error) }, 'pods cannot be read yet');
      });
      const kernel = await openKernel({ ...config, bufferKbPerCpu: config.bufferKb, log });
      const hooks = await openHooks(config, kernel, log);
      const collector = await openCollector({ config, clusterEnv: clusterEnvironment(), log });
      const store = new SessionStore(join(stateDir, 'sessions'), log);
      const sessions = openSessions({ config, pods, hooks, store, collector, traceDir, log });
      this.#parts = { pods, hooks, kernel, collector, sessions, traceDir, unlock };
      await sessions.open();
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Ends every run and closes every file; what cannot be sent to the collector in time is dropped. */
  async stop(): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined) return;
    await parts.sessions.close();
    await parts.kernel.close();
    await parts.collector.exporter?.close(this.config.stopDeadlineMs * EXPORT_SHARE);
    parts.pods.close();
    parts.unlock();
    this.#parts = undefined;
  }

  async #podSource(log: Log): Promise<PodSource> {
    const { config } = this;
    const source = await podSource(config, log);
    // What was told to us is no question.
    if (source.kind === 'cri' || config.useProcfs || config.criEndpoint !== '') return source;
    return new FoundLater(source, {
      look: () => podSource(config, withoutInfo(log)),
      mayChange: () => (this.#parts?.sessions.figures().states.running ?? 0) === 0,
      onFound: () => {
        this.#parts?.pods.scan().catch((error: unknown) => {
          log.warn({ reason: reasonOf(error) }, 'pods cannot be read yet');
        });
      },
      log,
    });
  }

  get #started(): Parts {
    if (this.#parts === undefined) throw new TracerError('NOT_READY', 'the agent is starting or has stopped');
    return this.#parts;
  }
}

/** The host's own processes are shown where nothing else would be, unless the setting says otherwise. */
async function podSource(config: Readonly<TracerNodeConfig>, log: Log): Promise<PodSource> {
  const { criEndpoint, podName, runPaths, procfsPath, sysfsPath, useProcfs, hostPod } = config;
  const options = {
    criEndpoint,
    podName,
    runPaths,
    procfsPath,
    sysfsPath,
    forceProcfs: useProcfs,
    log,
  };
  if (hostPod !== 'auto') return openPodSource({ ...options, hostPod: hostPod === 'on' });
  // What there is decides, so the first look is not worth a line in the log.
  const found = await openPodSource({ ...options, hostPod: false, log: withoutInfo(log) });
  const isProcfs = found.kind === 'procfs';
  found.close();
  return openPodSource({ ...options, forceProcfs: isProcfs, hostPod: isProcfs });
}

async function openHooks(config: Readonly<TracerNodeConfig>, kernel: OpenKernel, log: Log): Promise<HookCatalog> {
  const native = new NativeProvider(nativeHooks, kernel.kernel);
  const { traceHooks, procfsPath, sysfsPath } = config;
  if (!existsSync(traceHooks)) {
    log.info({ directory: traceHooks }, 'no external hooks');
    return new HookCatalog([native]);
  }
  const tracefsPath = kernel.tracefsPath ?? join(sysfsPath, 'kernel', 'tracing');
  const env = hookEnvironment(config);
  return new HookCatalog([native, await discoverExternal(traceHooks, { env, tracefsPath, procfsPath, log })]);
}

function openSessions(
  parts: Pick<Parts, 'pods' | 'hooks' | 'collector' | 'traceDir'> & {
    readonly config: Readonly<TracerNodeConfig>;
    readonly store: SessionStore;
    readonly log: Log;
  },
): SessionRegistry {
  const { config, collector, log, ...rest } = parts;
  const { exporter } = collector;
  return new SessionRegistry({
    ...rest,
    log,
    ...(exporter === undefined ? {} : { exporter }),
    limits: {
      timeMs: config.sessionTimeLimitMs,
      events: config.sessionEventLimit,
      bytes: config.sessionByteLimit,
    },
    maxSessions: config.maxSessions,
    maxRunning: config.maxRunning,
    resume: config.resumeSessions,
    rescanMs: config.rescanMs,
    endHook: (process) => endOrphanedHook(process),
    mendFile: (file) => {
      if (!existsSync(file)) return undefined;
      const cutBytes = closeTornFile(file);
      log.info({ file, cutBytes }, 'trace file of an interrupted session was closed');
      return statSync(file).size;
    },
  });
}

function withoutInfo(log: Log): Log {
  return {
    info: () => undefined,
    warn: (facts, message) => {
      log.warn(facts, message);
    },
    error: (facts, message) => {
      log.error(facts, message);
    },
  };
}
