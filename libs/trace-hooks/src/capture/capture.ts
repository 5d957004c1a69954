import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import { closeTornFile } from '../output/gzip-member.js';
import { removeInstance, removeLeftovers } from '../tracefs/leftovers.js';
import { CaptureChannel } from './capture-channel.js';
import type { CaptureOptions, CaptureResult, CaptureRun, CaptureSpec } from './capture-types.js';
import { nowTicks, readTasks } from './task-scan.js';

/**
 * Native tracing of this machine: one shared tracefs instance for all sessions, read in a worker thread that is made
 * with the first session. Should the worker die, its sessions end with the reason, what it left in the tracefs is
 * removed, and the next session gets a new one.
 */
export class Capture {
  #channel: CaptureChannel | undefined;

  constructor(private readonly options: CaptureOptions) {}

  /**
   * Removes tracefs instances of agents that died; those of living ones stay.
   * @param prefix as given to `instanceNameFor`
   * @returns how many were removed
   */
  static removeLeftovers(tracefsPath: string, prefix: string, log: Log, procfsPath = '/proc'): number {
    return removeLeftovers(tracefsPath, prefix, log, procfsPath);
  }

  /**
   * Settles when the session records.
   * @param onEnd called exactly once, whatever ends the run, before the promise of `stop` settles
   * @throws TracerError
   */
  async start(spec: CaptureSpec, onEnd: (result: CaptureResult) => void): Promise<CaptureRun> {
    const { procfsPath } = this.options;
    const { id, plan, file, limits } = spec;
    const listedTicks = nowTicks(procfsPath);
    const tasks = await readTasks(procfsPath, [...new Set(spec.tids)]);
    this.#channel ??= this.#open();
    return this.#channel.start({ id, plan, tasks, listedTicks, file, limits }, onEnd);
  }

  /** Ends all sessions, closes their files, removes everything from the tracefs, ends the worker. */
  async close(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    await channel?.close();
  }

  #open(): CaptureChannel {
    const { log, ...workerData } = this.options;
    // Options of the main program (`--input-type`, `--inspect-brk`) are not for the worker.
    const options = { name: 'capture', workerData, execArgv: [] };
    const worker = new Worker(new URL('./capture.worker.js', import.meta.url), options);
    const channel = new CaptureChannel(
      {
        post: (message) => {
          worker.postMessage(message);
        },
        end: async () => {
          await worker.terminate();
        },
      },
      this.options.procfsPath,
      log,
    );
    worker.on('message', channel.receive.bind(channel));
    worker.once('error', (error) => {
      this.#died(channel, reasonOf(error));
    });
    worker.once('exit', () => {
      this.#died(channel, 'it ended');
    });
    return channel;
  }

  #died(channel: CaptureChannel, reason: string): void {
    if (channel.isClosed) return;
    const { log, tracefsPath, instanceName } = this.options;
    if (this.#channel === channel) this.#channel = undefined;
    log.error({ reason }, 'the capture worker died');
    for (const name of [instanceName, `${instanceName}_host`])
      removeInstance(join(tracefsPath, 'instances', name), log);
    for (const file of channel.files()) this.#closeFile(file);
    channel.fail(new TracerError('HOOK_FAILED', `the capture worker died: ${reason}`));
  }

  #closeFile(file: string): void {
    try {
      closeTornFile(file);
    } catch (error) {
      this.options.log.warn({ file, reason: reasonOf(error) }, 'a trace file has no proper end');
    }
  }
}
