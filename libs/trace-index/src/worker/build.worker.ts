import { parentPort } from 'node:worker_threads';
import { buildIndex } from '../index/build-index.js';
import { inflateFile } from '../index/inflate-file.js';
import { DictionaryOverflow } from '../kernels/dictionary.js';
import type { BuildAnswer, BuildMessage } from './build-messages.js';
import { failureOf } from './task-messages.js';

const PROGRESS_MS = 100;

function answer(message: BuildAnswer): void {
  parentPort?.postMessage(message);
}

function work(message: BuildMessage): void {
  let toldAt = 0;
  const onProgress = (progress: number): void => {
    const now = Date.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    answer({ progress });
  };
  try {
    if (message.kind === 'inflate') {
      inflateFile(message);
      answer({ inflated: true });
    } else {
      const { bytes } = buildIndex({ ...message, onProgress });
      answer({ built: { bytes } });
    }
  } catch (error) {
    if (error instanceof DictionaryOverflow) answer({ unsuitable: error.message });
    else answer({ failure: failureOf(error) });
  }
}

parentPort?.on('message', work);
