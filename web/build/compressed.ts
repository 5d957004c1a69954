import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const WORTH_BYTES = 1024;
const TEXT = /\.(js|css|html|svg|json|wasm|txt)$/;

/** Writes `.gz` and `.br` beside each file that gets smaller by it, so that the gateway only has to choose. */
export function compressed(): Plugin {
  let directory = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved(config) {
      directory = config.build.outDir;
    },
    closeBundle() {
      for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
        const file = join(directory, path);
        if (!TEXT.test(path) || statSync(file).size < WORTH_BYTES) continue;
        const bytes = readFileSync(file);
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
      }
    },
  };
}
