import type { SuiteStage } from './suite-stage.js';

/** One way to break the suite, and what it must show. */
export interface Fault {
  readonly name: string;
  /** What must hold; the assertions in `run` are this sentence. */
  readonly must: string;
  /** Breaks it, asserts, heals it. Resolves with what was measured, in a few words. */
  run(stage: SuiteStage, scale: Scale): Promise<string>;
}

/** How much of everything: 1 in CI, more with FAULTS_SCALE. */
export interface Scale {
  readonly factor: number;
}
