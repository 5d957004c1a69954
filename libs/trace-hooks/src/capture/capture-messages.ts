import type { TracerErrorCode } from '@tracer/base';
import type { CallSummary } from '../summary.js';
import type { CaptureCounts, CaptureResult } from './capture-types.js';
import type { EngineSpec } from './capture-engine.js';
import type { Task } from './task-scan.js';

/** From the main thread to the capture worker. `run` numbers the runs, because a session may run again; `call` answers. */
export type ToWorker =
  | { readonly kind: 'start'; readonly call: number; readonly run: number; readonly spec: EngineSpec }
  | { readonly kind: 'add'; readonly run: number; readonly tasks: readonly Task[]; readonly listedTicks: number }
  | { readonly kind: 'tail'; readonly run: number; readonly isOn: boolean }
  /** The main thread is done with that many bytes of the tail. */
  | { readonly kind: 'taken'; readonly run: number; readonly bytes: number }
  | { readonly kind: 'summary'; readonly call: number; readonly run: number }
  | { readonly kind: 'stop'; readonly run: number }
  | { readonly kind: 'close'; readonly call: number };

/** What a call is answered with. */
export type Answer = CaptureCounts | CallSummary | undefined;

/** From the capture worker to the main thread. */
export type FromWorker =
  | { readonly kind: 'answer'; readonly call: number; readonly value: Answer }
  | { readonly kind: 'refusal'; readonly call: number; readonly code: TracerErrorCode; readonly message: string }
  | { readonly kind: 'counts'; readonly counts: readonly (readonly [run: number, counts: CaptureCounts])[] }
  | { readonly kind: 'lines'; readonly run: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'ended'; readonly run: number; readonly result: CaptureResult }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly facts: object;
      readonly message: string;
    };
