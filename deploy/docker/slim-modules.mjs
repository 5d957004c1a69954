/**
 * Removes from a node_modules directory what no running service opens: types, source maps, documentation, and builds of
 * packages for browsers and bundlers. Licences stay. Prints what that saved.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const FILES = /\.(map|d\.[cm]?ts|md|markdown|tsbuildinfo)$|^(CHANGELOG|HISTORY|AUTHORS)$/i;
const LICENCES = /^(licen[cs]e|notice|copying)/i;
/** Directories by package; each has another one that Node takes. */
const DIRECTORIES = ['typeorm/browser', 'rxjs/src', 'rxjs/dist/esm5', 'rxjs/dist/esm', 'rxjs/dist/bundles', '@types'];

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: slim-modules.mjs NODE_MODULES');

let removedBytes = 0;
let keptBytes = 0;

function slim(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) slim(path);
    else if (entry.isFile()) {
      const { size } = lstatSync(path);
      const goes = FILES.test(entry.name) && !LICENCES.test(entry.name);
      if (goes) rmSync(path);
      if (goes) removedBytes += size;
      else keptBytes += size;
    }
  }
}

for (const directory of DIRECTORIES) rmSync(join(root, directory), { recursive: true, force: true });
slim(root);
console.log(
  `node_modules: ${(keptBytes / 1e6).toFixed(1)} MB, types, maps and texts removed: ${(removedBytes / 1e6).toFixed(1)} MB`,
);
