/**
 * Compiles the trace kernels from AssemblyScript and writes them twice: as a module for tools, and as a constant that
 * the engine imports, so that no build step has to copy an asset. With `--check` nothing is written: the exit code says
 * whether the committed files are what the sources give.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const ENTRY = 'libs/trace-index/assembly/index.ts';
const MODULE = 'libs/trace-index/wasm/trace-kernels.wasm';
const CONSTANT = 'libs/trace-index/src/kernels/trace-kernels-wasm.ts';
/** Static tables of the kernels fit these pages; the host grows the memory by what it needs. */
const INITIAL_PAGES = 64;

async function compile() {
  let wasm;
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort='];
  // Zero-filled: the tables start empty and need not be in the file. The host passes a fresh memory.
  const memory = ['--importMemory', '--noExportMemory', '--zeroFilledMemory', '--initialMemory', String(INITIAL_PAGES)];
  const { error, stderr } = await asc.main([ENTRY, ...options, ...memory, '--outFile', 'kernels.wasm'], {
    // The sources alone decide: without this, an asconfig.json in the working directory would be merged in.
    readFile: (name) => read(name),
    writeFile: (name, contents) => {
      if (name === 'kernels.wasm') wasm = Buffer.from(contents);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return wasm;
}

function read(name) {
  if (name === 'asconfig.json') return null;
  try {
    return readFileSync(new URL(name, `file://${ROOT}`), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  }
}

/** Base64 in lines of 116, so that a reader and a diff survive it. */
function constantOf(wasm) {
  const lines = wasm.toString('base64').match(/.{1,114}/g);
  return [
    '// Written by scripts/build-wasm.mjs from libs/trace-index/assembly; do not edit.',
    '',
    '/** The trace kernels, a WebAssembly module in base64. */',
    'export const TRACE_KERNELS_BASE64 = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

function sameAsCommitted(path, contents) {
  try {
    return readFileSync(`${ROOT}${path}`).equals(Buffer.from(contents));
  } catch {
    return false;
  }
}

const wasm = await compile();
const outputs = [
  [MODULE, wasm],
  [CONSTANT, constantOf(wasm)],
];
if (process.argv.includes('--check')) {
  const stale = outputs.filter(([path, contents]) => !sameAsCommitted(path, contents)).map(([path]) => path);
  if (stale.length > 0) {
    process.stderr.write(`Not what the sources give: ${stale.join(', ')}. Run node scripts/build-wasm.mjs.\n`);
    process.exitCode = 1;
  }
} else {
  for (const [path, contents] of outputs) writeFileSync(`${ROOT}${path}`, contents);
  process.stdout.write(`${MODULE}: ${wasm.length} bytes\n`);
}
