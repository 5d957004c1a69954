import { TracerError } from '@tracer/base';
import type { AddedStepDto, EndedRunDto, StartedRunDto, StoredBatchDto } from '@tracer/dtos';
import type { RunStore } from '@tracer/storage';
import type { UnixClock } from '../clock/unix-clock.js';
import { addedStep, endedRun, finishedRun, startedRun } from './run-answers.js';
import { batchRequest, endRequest, startRequest, stepRequest } from './run-requests.js';

/** The published routes, and batches. Bodies come parsed but unchecked. */
export class PerfTracer {
  constructor(
    private readonly store: RunStore,
    private readonly clock: UnixClock,
  ) {}

  async start(body: unknown): Promise<StartedRunDto> {
    const nowUs = this.clock.nowUs();
    const key = startRequest(body);
    return startedRun(key, await this.store.start(key, nowUs));
  }

  /** Throws NOT_FOUND when no such run is live; so does `end`. */
  async step(body: unknown): Promise<AddedStepDto | EndedRunDto> {
    const nowUs = this.clock.nowUs();
    const request = stepRequest(body);
    const { key, step, ends } = request;
    if (ends) return endedRun((await this.store.finish(key, nowUs, { step })) ?? notFound());
    return addedStep(request, (await this.store.step(key, step.name, step.tracked, nowUs)) ?? notFound());
  }

  async end(body: unknown, timestamp: unknown): Promise<EndedRunDto> {
    const nowUs = this.clock.nowUs();
    const { key, endUs } = endRequest(body, timestamp);
    return endedRun((await this.store.finish(key, nowUs, { ...(endUs !== undefined && { endUs }) })) ?? notFound());
  }

  async batch(body: unknown): Promise<StoredBatchDto> {
    const nowUs = this.clock.nowUs();
    const runs = batchRequest(body, nowUs);
    await this.store.add(runs, nowUs);
    return { message: 'Batch stored', runs: runs.length };
  }

  /** A JSON array of the finished runs of a tag, in pieces. */
  async *runs(tag: string): AsyncGenerator<string> {
    let before = '[';
    for await (const page of this.store.finished(tag)) {
      yield before + page.map((run) => JSON.stringify(finishedRun(run))).join(',');
      before = ',';
    }
    yield before === '[' ? '[]' : ']';
  }

  tags(): Promise<string[]> {
    return this.store.tags();
  }

  delete(tag: string): Promise<void> {
    return this.store.delete(tag);
  }
}

function notFound(): never {
  throw new TracerError('NOT_FOUND', 'Trace not found.');
}
