import { parentPort, workerData } from 'node:worker_threads';
import { ChunkReader } from '../index/chunk-reader.js';
import type { QueryPlan } from '../index/query-plan.js';
import { failureOf, transferable, type TaskAnswer, type TaskMessage } from './task-messages.js';

const { cacheBytes } = workerData as { cacheBytes: number };
const reader = new ChunkReader(cacheBytes);
let plan: QueryPlan | undefined;

parentPort?.on('message', (message: TaskMessage) => {
  plan = message.plan ?? plan;
  reader.memory.put(...(message.memory ?? []));
  try {
    if (plan === undefined) throw new RangeError('a task came before its plan');
    const result = reader.run(plan, message.task);
    parentPort?.postMessage({ result } satisfies TaskAnswer, transferable(result));
  } catch (error) {
    parentPort?.postMessage({ failure: failureOf(error) } satisfies TaskAnswer);
  }
});
