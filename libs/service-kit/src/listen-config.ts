import { TracerError } from '@tracer/base';
import { IntSetting, TextSetting } from './settings.js';
import { SelfTracingConfig } from './self-tracing/self-tracing-config.js';

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*):(\d{1,5})$/;

/** What every app is told: where to listen, who may use it, how much to log, how long a stop may take. */
export abstract class ListenConfig extends SelfTracingConfig {
  @IntSetting({
    env: 'TRACER_STOP_DEADLINE_MS',
    flag: 'stop-deadline-ms',
    min: 0,
    max: 600_000,
    description: 'how long a stop waits for running requests and sessions, in ms',
  })
  stopDeadlineMs = 10_000;

  @IntSetting({
    env: 'TRACER_CLIENT_STALL_MS',
    flag: 'client-stall-ms',
    min: 0,
    max: 86_400_000,
    description: 'how long a client may take nothing of its answer before it is cut off, in ms; 0 is for ever',
  })
  clientStallMs = 300_000;

  @TextSetting({
    env: 'TRACER_LOG_LEVEL',
    flag: 'log-level',
    oneOf: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    description: 'least severe level that is logged',
  })
  logLevel = 'info';

  /** `host:port`; `:port` means every interface. */
  abstract address: string;
}

/** Options of `TextSetting` for a listening address. */
export const LISTEN_ADDRESS = { pattern: ADDRESS, expected: 'host:port or :port' };

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port`, `[v6]:port` or `:port` (all interfaces). Throws CONFIG_INVALID naming the address. */
export function listenAddress(address: string): ListenAddress {
  const [, host = '', port = ''] = ADDRESS.exec(address) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw new TracerError('CONFIG_INVALID', `wrong address "${address}": expected host:port with a port up to 65535`);
  return { host: host === '' ? '0.0.0.0' : host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
