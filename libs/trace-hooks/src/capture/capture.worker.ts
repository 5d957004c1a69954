/** The thread that reads the kernel's rings. All it does is in `CaptureShell`, which any thread can run. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { TracerError } from '@tracer/base';
import { nativeHooks } from '../hooks/native-hooks.js';
import type { ToWorker } from './capture-messages.js';
import { CaptureShell } from './capture-shell.js';
import type { CaptureOptions } from './capture-types.js';

const NICE = -10;
const port = parentPort;
if (port === null) throw new Error('this file is run as a worker thread');
// An empty ring answers every read with an error; its stack trace is never looked at and costs more than the read.
Error.stackTraceLimit = 0;

prefer();

/**
 * The kernel overwrites what is not read in time, so this thread goes before those it traces. It uses a fraction of a
 * CPU; not being allowed to is no reason not to trace.
 */
function prefer(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICE);
  } catch (error) {
    port?.postMessage({
      kind: 'log',
      level: 'info',
      facts: { reason: String(error) },
      message: 'the reader has no priority',
    });
  }
}

const shell = new CaptureShell(
  workerData as Omit<CaptureOptions, 'log'>,
  (plan, out, context) => {
    const hook = nativeHooks.find(({ name }) => name === plan.hook);
    if (hook === undefined) throw new TracerError('HOOK_UNKNOWN', `no hook is called ${plan.hook}`);
    return hook.decoder(plan, out, context);
  },
  (message, transfer) => {
    port.postMessage(message, transfer);
  },
);
port.on('message', (message: ToWorker) => {
  shell.receive(message);
});
