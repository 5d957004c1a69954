import { hostname } from 'node:os';
import {
  defaultDataDirectory,
  IntSetting,
  LISTEN_ADDRESS,
  ListenConfig,
  ListSetting,
  SwitchSetting,
  TextSetting,
} from '@tracer/service-kit';

const HTTP_URL = { pattern: /^https?:\/\/[^\s]+$/, expected: 'an http:// or https:// URL' };
const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

/**
 * Settings of the node agent. Those up to `verbose` are the published ones of container-tracer, so that an existing
 * manifest keeps working; the others are ours. A limit of 0 means none.
 */
export class TracerNodeConfig extends ListenConfig {
  @TextSetting({
    env: 'TRACER_API_ADDRESS',
    flag: 'address',
    short: 'a',
    description: 'where to listen',
    ...LISTEN_ADDRESS,
  })
  address = '127.0.0.1:8081';

  @TextSetting({ env: 'TRACER_NODE_NAME', flag: 'node-name', description: 'name of this node in answers' })
  nodeName = hostname();

  @TextSetting({
    env: 'TRACER_POD_NAME',
    flag: 'pod-name',
    description: 'own pod, to pick the right container runtime',
  })
  podName = '';

  @TextSetting({ env: 'TRACER_CRI_ENDPOINT', flag: 'cri-endpoint', description: 'socket of the container runtime' })
  criEndpoint = '';

  @ListSetting({
    env: 'TRACER_RUN_PATHS',
    flag: 'run-path',
    description: 'directories in which container runtimes keep their sockets',
  })
  runPaths = ['/run', '/var/run'];

  @TextSetting({ env: 'TRACER_PROCFS_PATH', flag: 'procfs-path', description: 'where the host has /proc' })
  procfsPath = '/proc';

  @TextSetting({ env: 'TRACER_SYSFS_PATH', flag: 'sysfs-path', description: 'where the host has /sys' })
  sysfsPath = '/sys';

  @TextSetting({ env: 'TRACER_HOOKS', flag: 'trace-hooks', description: 'directory of external trace hooks' })
  traceHooks = 'trace-hooks';

  @SwitchSetting({
    env: 'TRACER_FORCE_PROCFS',
    flag: 'use-procfs',
    description: 'find containers in /proc only',
    onWhenPresent: true,
  })
  useProcfs = false;

  /** The variable is misspelt in the published agent, so both spellings are read. */
  @TextSetting({
    env: ['TRACER_JEAGER_ENDPOINT', 'TRACER_JAEGER_ENDPOINT'],
    flag: 'jaeger-endpoint',
    pattern: /^(auto|https?:\/\/[^\s]+)?$/,
    expected: 'an http:// or https:// URL, or auto',
    description: 'Jaeger collector; its OTLP port is used',
  })
  jaegerEndpoint = '';

  @SwitchSetting({
    env: 'TRACER_VERBOSE',
    flag: 'verbose',
    short: 'v',
    description: 'log at level debug',
    onWhenPresent: true,
  })
  verbose = false;

  @TextSetting({
    env: ['TRACER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    flag: 'otlp-endpoint',
    description: 'OTLP/HTTP collector that is sent the events of every session, path included',
    ...HTTP_URL,
  })
  otlpEndpoint?: string;

  @IntSetting({
    env: 'TRACER_OTLP_QUEUE_BYTES',
    flag: 'otlp-queue-bytes',
    min: 64 * 1024,
    max: 1 << 30,
    description: 'events that wait for the collector, in bytes; what does not fit is dropped and counted',
  })
  otlpQueueBytes = 8 << 20;

  @TextSetting({ env: 'TRACE_DIR', flag: 'trace-dir', description: 'where trace files are written' })
  traceDir = './traces';

  @TextSetting({ env: 'TRACER_DATA_DIR', flag: 'data-dir', description: 'where the definitions of sessions are kept' })
  dataDir = defaultDataDirectory(process.env);

  @TextSetting({
    env: 'TRACER_HOST_POD',
    flag: 'host-pod',
    oneOf: ['auto', 'on', 'off'],
    description: 'show processes outside containers as the pod "host"; auto: when there is no container runtime',
  })
  hostPod = 'auto';

  @SwitchSetting({
    env: 'TRACER_RESUME_SESSIONS',
    flag: 'resume-sessions',
    description: 'start sessions again that ran when the agent ended',
  })
  resumeSessions = false;

  @IntSetting({
    env: 'TRACER_RESCAN_MS',
    flag: 'rescan-ms',
    min: 100,
    max: 60_000,
    description: 'how often traced containers are searched for new processes, in ms',
  })
  rescanMs = 1000;

  @IntSetting({
    env: 'TRACER_BUFFER_KB',
    flag: 'buffer-kb',
    min: 64,
    max: 1 << 20,
    description: 'kernel ring buffer per CPU, in KiB',
  })
  bufferKb = 16 * 1024;

  @IntSetting({
    env: 'TRACER_MAX_SESSIONS',
    flag: 'max-sessions',
    min: 1,
    max: 10_000,
    description: 'sessions that may be defined at a time',
  })
  maxSessions = 256;

  @IntSetting({
    env: 'TRACER_MAX_RUNNING',
    flag: 'max-running',
    min: 1,
    max: 1000,
    description: 'sessions that may run at a time',
  })
  maxRunning = 32;

  @IntSetting({
    env: 'TRACER_SESSION_TIME_LIMIT_MS',
    flag: 'session-time-limit-ms',
    min: 0,
    max: MAX_INTEGER,
    description: 'longest run of a session, in ms; 0 is no limit',
  })
  sessionTimeLimitMs = 0;

  @IntSetting({
    env: 'TRACER_SESSION_EVENT_LIMIT',
    flag: 'session-event-limit',
    min: 0,
    max: MAX_INTEGER,
    description: 'most events of a run; 0 is no limit',
  })
  sessionEventLimit = 0;

  @IntSetting({
    env: 'TRACER_SESSION_BYTE_LIMIT',
    flag: 'session-byte-limit',
    min: 0,
    max: MAX_INTEGER,
    description: 'largest trace file of a run, in bytes on disk; 0 is no limit',
  })
  sessionByteLimit = 8 * 2 ** 30;
}

const SECRET_VARIABLES = ['TRACER_TOKENS', 'TRACER_NODE_TOKEN', 'DATABASE_URL'];

/** The environment of external hooks: our own, and the host paths where they were given by flag. */
export function hookEnvironment(
  { procfsPath, sysfsPath }: Readonly<TracerNodeConfig>,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string | undefined> {
  return {
    ...(procfsPath === '/proc' ? {} : { TRACER_PROCFS_PATH: procfsPath }),
    ...(sysfsPath === '/sys' ? {} : { TRACER_SYSFS_PATH: sysfsPath }),
    ...env,
    // What opens this agent and the others is no business of a hook.
    ...Object.fromEntries(SECRET_VARIABLES.map((name) => [name, undefined])),
  };
}

/** What a pod is told about the cluster it runs in. */
export function clusterEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string | undefined> {
  return env;
}
