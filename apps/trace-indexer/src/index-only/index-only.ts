import { reasonOf, silent } from '@tracer/base';
import { TraceIndexes } from '@tracer/trace-index';
import type { TraceIndexerConfig } from '../config.js';
import { buildAll } from './build-all.js';

/**
 * `--index`: builds what is missing, with a progress bar on a terminal, and a line now and then elsewhere.
 *
 * @returns the exit code: 0, or 1 when a file could not be read
 */
export async function indexOnly(config: Readonly<TraceIndexerConfig>, terminal: NodeJS.WriteStream): Promise<number> {
  const indexes = new TraceIndexes({
    indexDirectory: config.indexDirectory,
    threads: 1,
    cacheBytes: 0,
    log: { ...silent, warn: (facts, message) => void terminal.write(`${message}: ${JSON.stringify(facts)}\n`) },
  });
  const { signal } = new AbortController();
  const rewrite = terminal.isTTY ? '\r\u001b[K' : '';
  let shownAtMs = performance.now();
  const result = await buildAll({
    root: config.root,
    atATime: config.executorThreads,
    open: (file, onProgress) => indexes.open(file.realPath, { signal, onProgress }),
    show(line, last) {
      if (!terminal.isTTY && !last && performance.now() - shownAtMs < 5000) return;
      shownAtMs = performance.now();
      terminal.write(`${rewrite}${line}${terminal.isTTY && !last ? '' : '\n'}`);
    },
    say: (line) => void terminal.write(`${rewrite}${line}\n`),
  }).catch((error: unknown) => {
    terminal.write(`trace-indexer: cannot read ${config.root}: ${reasonOf(error)}\n`);
    return undefined;
  });
  await indexes.close();
  return result?.failed === 0 ? 0 : 1;
}
