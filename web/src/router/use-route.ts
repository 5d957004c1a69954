import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { hrefOf, parseHash, withQuery, type QueryValues, type Route } from './route.js';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    window.addEventListener('popstate', notify);
    window.addEventListener('hashchange', notify);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.removeEventListener('popstate', notify);
    window.removeEventListener('hashchange', notify);
  };
}

function notify(): void {
  for (const listener of listeners) listener();
}

const currentHash = (): string => window.location.hash;

/** Where the page is; renders anew when that changes. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, currentHash);
  return useMemo(() => parseHash(hash), [hash]);
}

/** Goes to a place made by `hrefOf`. `replace` keeps the back button from stepping through every move of a view. */
export function navigate(href: string, { replace = false } = {}): void {
  if (href === window.location.hash) return;
  if (replace) window.history.replaceState(null, '', href);
  else window.history.pushState(null, '', href);
  notify();
}

/** Changes parts of the query of the place where the page is now, for instance `setQuery({ name: 'read' })`. */
export function setQuery(changes: QueryValues, { replace = false } = {}): void {
  const { path, query } = parseHash(window.location.hash);
  navigate(hrefOf(path, withQuery(query, changes)), { replace });
}

/** One value of the query as state: `const [name, setName] = useQueryValue('name')`; '' when it is absent. */
export function useQueryValue(
  key: string,
  { replace = false } = {},
): readonly [string, (value: string | undefined) => void] {
  const { query } = useRoute();
  const set = useCallback(
    (value: string | undefined) => {
      setQuery({ [key]: value }, { replace });
    },
    [key, replace],
  );
  return [query.get(key) ?? '', set];
}
