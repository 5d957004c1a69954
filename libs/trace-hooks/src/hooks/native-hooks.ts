import type { NativeHook } from '../native-hook.js';
import { traceBlock } from './trace-block.js';
import { traceExec } from './trace-exec.js';
import { traceNet } from './trace-net.js';
import { traceOpenfiles } from './trace-openfiles.js';
import { traceSched } from './trace-sched.js';
import { traceSignals } from './trace-signals.js';
import { traceSyscalls } from './trace-syscalls.js';

/** Every hook that is built in. Which of them this kernel can serve is asked of each. */
export const nativeHooks: readonly NativeHook[] = [
  traceBlock,
  traceExec,
  traceNet,
  traceOpenfiles,
  traceSched,
  traceSignals,
  traceSyscalls,
];
