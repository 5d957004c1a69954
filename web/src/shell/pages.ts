import type { ComponentType } from 'react';

/** A page of the navigation. Each is loaded when it is first opened. */
export interface Page {
  /** First segment of its places: `#/files/…`. */
  readonly path: string;
  readonly title: string;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

export const PAGES: readonly Page[] = [
  { path: 'files', title: 'Files', load: () => import('../files/files-page.js') },
  { path: 'sessions', title: 'Kernel sessions', load: () => import('../sessions/sessions-page.js') },
  { path: 'spans', title: 'Spans', load: () => import('../spans/spans-page.js') },
  { path: 'dm', title: 'Replication', load: () => import('../dm/dm-page.js') },
  { path: 'features', title: 'Features', load: () => import('../features/features-page.js') },
];
