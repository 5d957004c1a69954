import { reasonOf } from '@tracer/base';
import type { Command } from './command.js';
import { EXIT, usageError } from './exit-codes.js';
import { didYouMean } from './nearest.js';

const ROLES = ['read', 'ingest', 'trace', 'admin'] as const;

export const newTokenCommand: Command = {
  name: 'token new',
  summary: 'make a token, and the line for the list of tokens',
  usage: '<name> <role>...',
  operands: [2, 1 + ROLES.length],
  operandCompletion: ROLES,
  options: {},
  examples: ['tracer token new grafana read', 'tracer token new ci ingest read'],
  async run({ given, output }) {
    const [name = '', ...roles] = given.operands;
    const foreign = roles.find((role) => !ROLES.some((known) => known === role));
    if (foreign !== undefined)
      throw usageError(
        `token new: "${foreign}" is no role${didYouMean(foreign, ROLES)}`,
        `there are: ${ROLES.join(', ')}`,
      );
    const { tokenFor } = await import('./new-token.js');
    let made: ReturnType<typeof tokenFor>;
    try {
      made = tokenFor(`${name}:${roles.join(',')}`);
    } catch (error) {
      throw usageError(`token new: ${reasonOf(error)}`);
    }
    if (output.json) output.document(made);
    else {
      output.line(`token: ${made.token}`);
      output.line(`line:  ${made.line}`);
      output.note(
        'The token is shown this once. The line goes into the file of TRACER_TOKENS_FILE; it holds a hash only.',
      );
    }
    return EXIT.ok;
  },
};
