import type { Gateway } from './gateway.js';
import type { Given } from './given.js';
import type { Output } from './output.js';

/** What the shell completes an option's value or an operand with: words, or a kind that the gateway is asked for. */
export type Completion = readonly string[] | 'pods' | 'hooks' | 'sessions' | 'trace-files' | 'directories';

export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** How the value is called in the help, such as `TIME`. */
  readonly value?: string;
  readonly description: string;
  readonly completion?: Completion;
}

export type Options = Readonly<Record<string, CommandOption>>;

/** All that a command may use; a test hands in its own. */
export interface Call {
  readonly given: Given;
  readonly gateway: Gateway;
  /** Bearer token, as given. */
  readonly token: string | undefined;
  readonly output: Output;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  readonly nowMs: () => number;
}

/** One command of the table from which parsing, help and completion are made. */
export interface Command {
  /** `pods`, `sessions stop` */
  readonly name: string;
  readonly summary: string;
  /** As the help shows them: `<hook> --pod PATTERN [-- ARGUMENT...]`. */
  readonly usage: string;
  /** Least and greatest number of operands; words after `--` are not counted. */
  readonly operands: readonly [least: number, most: number];
  readonly takesRest?: boolean;
  readonly operandCompletion?: Completion;
  readonly options: Options;
  readonly examples?: readonly string[];
  /** Resolves with the exit code. */
  run(call: Call): Promise<number>;
}

/** Understood by every command. */
export const COMMON_OPTIONS: Options = {
  url: { type: 'string', value: 'URL', description: 'the gateway (TRACER_URL; default http://localhost:8080)' },
  token: { type: 'string', value: 'TOKEN', description: 'bearer token (TRACER_TOKEN, which other users cannot see)' },
  json: { type: 'boolean', description: 'results as JSON, as the API gives them' },
  help: { type: 'boolean', short: 'h', description: 'this text' },
};
