import { useEffect, useRef, useSyncExternalStore } from 'react';

export interface Shortcut {
  /** What `KeyboardEvent.key` says, such as `w`, `ArrowLeft`, `/`. Several mean the same. */
  readonly keys: readonly string[];
  readonly label: string;
  readonly run: (event: KeyboardEvent) => void;
}

interface Group {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

let groups: readonly Group[] = [];
const listeners = new Set<() => void>();

function change(next: readonly Group[]): void {
  groups = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** All shortcuts that work at the moment, for the help. */
export function useActiveShortcuts(): readonly Group[] {
  return useSyncExternalStore(subscribe, () => groups);
}

/** Shortcuts that work while the calling view is shown; later ones win. Keys typed into a field are the field's. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const group: Group = {
      title,
      get shortcuts() {
        return latest.current;
      },
    };
    change([...groups, group]);
    return () => {
      change(groups.filter((other) => other !== group));
    };
  }, [title]);
}

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** What a key does now; undefined when it does nothing. */
export function shortcutFor({ key, ctrlKey, metaKey, altKey }: Pressed): Shortcut | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  return groups.flatMap(({ shortcuts }) => shortcuts).findLast(({ keys }) => keys.includes(key));
}

export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const hit = isTyping(event.target) ? undefined : shortcutFor(event);
    if (hit === undefined) return;
    event.preventDefault();
    hit.run(event);
  };
  window.addEventListener('keydown', onKey);
  return () => {
    window.removeEventListener('keydown', onKey);
  };
}

/** A dialog that has been closed is no longer in the way, even while the focus is still on its way back. */
function isTyping(target: EventTarget | null): boolean {
  const taken = 'input, textarea, select, [contenteditable], dialog[open]';
  return target instanceof HTMLElement && target.closest(taken) !== null;
}
