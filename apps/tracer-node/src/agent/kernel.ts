import { reasonOf, type Log } from '@tracer/base';
import { Capture, EventCatalog, instanceNameFor, openTracefs, removeLeftovers } from '@tracer/trace-hooks';
import type { Kernel } from '../trace-hooks/native-provider.js';

/** Begins the name of every tracefs instance of ours. */
const INSTANCE_PREFIX = 'tracer';

export interface KernelOptions {
  readonly procfsPath: string;
  readonly sysfsPath: string;
  readonly bufferKbPerCpu: number;
  readonly log: Log;
}

/** What is to be traced with, and how it is given back. */
export interface OpenKernel {
  readonly kernel: Kernel;
  readonly tracefsPath: string | undefined;
  /** Ends all captures, closes their files and removes the tracefs instance. */
  close(): Promise<void>;
}

/**
 * Gets the kernel's tracing ready and removes what agents that died have left in it. Never throws: without tracing the
 * agent still serves external hooks and says what is missing.
 */
export async function openKernel({ procfsPath, sysfsPath, bufferKbPerCpu, log }: KernelOptions): Promise<OpenKernel> {
  try {
    const tracefsPath = await openTracefs({ procfsPath, sysfsPath }, sysfsPath === '/sys');
    removeLeftovers(tracefsPath, INSTANCE_PREFIX, log, procfsPath);
    const instanceName = instanceNameFor(INSTANCE_PREFIX, procfsPath);
    const capture = new Capture({ tracefsPath, procfsPath, instanceName, bufferKbPerCpu, log });
    const kernel = { catalog: new EventCatalog(tracefsPath), capture };
    return { kernel, tracefsPath, close: () => capture.close() };
  } catch (error) {
    const problem = reasonOf(error);
    log.warn({ reason: problem }, 'built-in hooks are unavailable');
    return { kernel: { problem }, tracefsPath: undefined, close: () => Promise.resolve() };
  }
}
