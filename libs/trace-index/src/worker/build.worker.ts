import { parentPort } from 'node:worker_threads';
import { buildIndex } from '../index/build-index.js';
import { DictionaryOverflow } from '../kernels/dictionary.js';
import type { BuildAnswer, BuildRequest } from './build-messages.js';
import { failureOf } from './task-messages.js';

const PROGRESS_MS = 100;

function answer(message: BuildAnswer): void {
  parentPort?.postMessage(message);
}

function build(request: BuildRequest): void {
  let toldAt = 0;
  const onProgress = (progress: number): void => {
    const now = Date.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    answer({ progress });
  };
  try {
    const { bytes } = buildIndex({ ...request, onProgress });
    answer({ built: { bytes } });
  } catch (error) {
    if (error instanceof DictionaryOverflow) answer({ unsuitable: error.message });
    else answer({ failure: failureOf(error) });
  }
}

parentPort?.on('message', build);
