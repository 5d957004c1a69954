/** One line of a bench: what was measured, against what, in the same run. All as text that is ready to be shown. */
export interface BenchRow {
  readonly name: string;
  readonly measured: string;
  readonly baseline: string;
  readonly ratio: string;
  readonly target: string;
}
