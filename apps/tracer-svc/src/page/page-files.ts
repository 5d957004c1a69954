import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';

/** A file of the built page with what it was compressed to when it was built. */
export interface PageFile {
  readonly contentType: string;
  /** Its name carries a hash of its content: a copy of it is good for ever. */
  readonly immutable: boolean;
  readonly bytes: Buffer;
  readonly br?: Buffer;
  readonly gzip?: Buffer;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** Whether `directory` holds a built page, and not for instance its sources. */
export function isBuiltPage(directory: string): boolean {
  return existsSync(join(directory, 'index.html')) && existsSync(join(directory, 'assets'));
}

/**
 * The files of the built page by their path below `/`. They are read into memory, some MB, so that no request can name
 * a file of the machine; `read` looks again when `index.html` has changed, as a new build does.
 */
export class PageFiles {
  #files: ReadonlyMap<string, PageFile> = new Map();
  #readAtMs = -1;

  constructor(private readonly directory: string) {}

  /** Undefined while no page has been built. */
  read(): ReadonlyMap<string, PageFile> | undefined {
    const builtAtMs = statSync(join(this.directory, 'index.html'), { throwIfNoEntry: false })?.mtimeMs;
    if (builtAtMs === undefined || !isBuiltPage(this.directory)) return undefined;
    if (builtAtMs !== this.#readAtMs) {
      this.#files = readFiles(this.directory);
      this.#readAtMs = builtAtMs;
    }
    return this.#files;
  }

  /** As it was at the last `read`. */
  get(path: string): PageFile | undefined {
    return this.#files.get(path);
  }
}

function readFiles(directory: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const known = new Set(names);
  for (const name of names) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType === undefined) continue;
    const path = name.slice(directory.length).replaceAll(sep, '/').replace(/^\/*/, '/');
    const [br, gzip] = [`${name}.br`, `${name}.gz`].map((file) => (known.has(file) ? readFileSync(file) : undefined));
    files.set(path, {
      contentType,
      immutable: path.startsWith('/assets/'),
      bytes: readFileSync(name),
      ...(br && { br }),
      ...(gzip && { gzip }),
    });
  }
  return files;
}
