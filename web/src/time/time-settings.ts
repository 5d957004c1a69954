import { useSyncExternalStore } from 'react';
import type { TimeZoneMode } from './format.js';

const KEY = 'tracer.time';
const listeners = new Set<() => void>();

function read(): TimeZoneMode {
  return window.localStorage.getItem(KEY) === 'utc' ? 'utc' : 'local';
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Another tab changed it.
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

/** Whether moments are shown in the local zone or in UTC; one choice for all views. */
export function useTimeZone(): TimeZoneMode {
  return useSyncExternalStore(subscribe, read);
}

export function setTimeZone(mode: TimeZoneMode): void {
  window.localStorage.setItem(KEY, mode);
  for (const listener of listeners) listener();
}
