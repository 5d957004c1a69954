import type { FromWorker, ToWorker } from './tile-worker.js';
import type { TileRequest } from './tile-request.js';
import type { Tile } from './tile.js';

/** A tile that the server did not give; `status` 0 when it did not answer. */
export class TileError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface Waiting {
  readonly resolve: (tile: Tile) => void;
  readonly reject: (error: unknown) => void;
}

/** The side of the page of `tile-worker.ts`. */
export class WorkerTiles {
  readonly #worker = new Worker(new URL('./tile-worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  constructor(private readonly headers: () => Readonly<Record<string, string>>) {
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('tile' in data) waiting?.resolve(data.tile);
      else waiting?.reject(new TileError(data.status, data.message));
    };
  }

  get(request: TileRequest, signal: AbortSignal): Promise<Tile> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      signal.addEventListener('abort', () => {
        if (!this.#waiting.delete(id)) return;
        this.#post({ kind: 'cancel', id });
        reject(new DOMException('The view has moved on', 'AbortError'));
      });
      this.#post({ kind: 'get', id, request, base: document.baseURI, headers: this.headers() });
    });
  }

  close(): void {
    this.#worker.terminate();
    this.#waiting.clear();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
