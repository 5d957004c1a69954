import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';

/** Runs the indexer of this installation; needs no gateway. Ctrl-C reaches it, too, as it is of the same group. */
export const indexCommand: Command = {
  name: 'index',
  summary: 'build the indexes of a directory of trace files, here and now',
  usage: '<directory> [--index-dir DIRECTORY] [--threads N]',
  operands: [1, 1],
  operandCompletion: 'directories',
  options: {
    'index-dir': {
      type: 'string',
      value: 'DIRECTORY',
      description: 'where indexes are kept (default: beside the traces)',
      completion: 'directories',
    },
    threads: { type: 'string', value: 'N', description: 'files at a time (default: cores)' },
  },
  async run({ given, output }) {
    const script = fileURLToPath(new URL('../../../trace-indexer/src/main.js', import.meta.url));
    const threads = given.count('threads', 1);
    const indexDirectory = given.text('index-dir');
    const argv = [
      ...['-d', given.operands[0] ?? '', '--index'],
      ...(indexDirectory === undefined ? [] : ['--index-dir', indexDirectory]),
      ...(threads === undefined ? [] : ['--executor-threads', String(threads)]),
    ];
    const child = spawn(process.execPath, [script, ...argv], { stdio: ['ignore', 'inherit', 'inherit'] });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (output.json) output.document({ directory: given.operands[0], ok: code === 0 });
    return code ?? EXIT.interrupted;
  },
};
