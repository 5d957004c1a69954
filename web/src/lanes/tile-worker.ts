/// <reference lib="webworker" />
import { requestTile, type TileRequest } from './tile-request.js';
import type { Tile } from './tile.js';

/**
 * Gets tiles away from the thread that draws: parsing megabytes of JSON there would cost frames. Typed arrays are handed
 * over, not copied.
 */
export type ToWorker =
  | {
      readonly kind: 'get';
      readonly id: number;
      readonly request: TileRequest;
      readonly base: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'cancel'; readonly id: number };

export type FromWorker =
  | { readonly id: number; readonly tile: Tile }
  | { readonly id: number; readonly status: number; readonly message: string };

class StatusError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

declare const self: DedicatedWorkerGlobalScope;
const running = new Map<number, AbortController>();

self.onmessage = ({ data }: MessageEvent<ToWorker>): void => {
  if (data.kind === 'get') void answer(data);
  else running.get(data.id)?.abort();
};

async function answer({ id, request, base, headers }: Extract<ToWorker, { kind: 'get' }>): Promise<void> {
  const stop = new AbortController();
  running.set(id, stop);
  try {
    const tile = await requestTile(
      request,
      (path, signal) => ask(new URL(path, base).href, headers, signal),
      stop.signal,
    );
    self.postMessage({ id, tile } satisfies FromWorker, buffersOf(tile));
  } catch (error) {
    if (!stop.signal.aborted) self.postMessage(failureOf(id, error));
  } finally {
    running.delete(id);
  }
}

async function ask(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { headers, signal });
  const text = await response.text();
  if (!response.ok) throw new StatusError(response.status, text);
  return JSON.parse(text) as unknown;
}

function failureOf(id: number, error: unknown): FromWorker {
  const message = error instanceof Error ? error.message : String(error);
  return { id, status: error instanceof StatusError ? error.status : 0, message };
}

function buffersOf({ slices, density, colours }: Tile): ArrayBuffer[] {
  const arrays = [...slices.values(), ...density.values()].flatMap(
    (lane) => Object.values(lane) as Uint8Array<ArrayBuffer>[],
  );
  return [colours as Uint8Array<ArrayBuffer>, ...arrays].map(({ buffer }) => buffer);
}
