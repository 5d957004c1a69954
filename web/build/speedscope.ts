import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

const UNUSED = /\.(map|zip)$|release\.txt$|speedscope\.html$/;

/** Copies the published build of speedscope beside the page, where the flame view opens it without any network. */
export function speedscope(): Plugin {
  let directory = '';
  return {
    name: 'speedscope',
    apply: 'build',
    configResolved(config) {
      directory = config.build.outDir;
    },
    closeBundle() {
      const home = dirname(createRequire(import.meta.url).resolve('speedscope/package.json'));
      cpSync(join(home, 'dist/release'), join(directory, 'speedscope'), {
        recursive: true,
        filter: (path) => !UNUSED.test(path),
      });
    },
  };
}
