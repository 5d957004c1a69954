/** What the exit code of `tracer` says. Documented in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** The request was understood and refused, or its work failed. */
  failed: 1,
  /** The command line is wrong; nothing was asked. */
  usage: 2,
  /** No gateway answers, or it stopped answering. */
  unreachable: 3,
  /** All went well, but events were lost or nodes are missing: what was shown is not everything. */
  incomplete: 4,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** A failure that is explained to the person at the terminal: what happened, then what to do about it. */
export class CliError extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
    /** Lines below the message, such as the command that helps. */
    readonly hints: readonly string[] = [],
  ) {
    super(message);
    this.name = 'CliError';
  }
}

export function usageError(message: string, ...hints: string[]): CliError {
  return new CliError(EXIT.usage, message, hints);
}
