import type { ComponentType } from 'react';
import { lateView, type LateView } from '../design/index.js';
import { PAGE_TITLES } from './page-titles.js';

/** A page of the navigation. Each is loaded when it is first opened. */
export interface Page {
  /** First segment of its places: `#/files/…`. */
  readonly path: string;
  readonly title: string;
  readonly View: LateView<object>;
}

const LOADERS: Readonly<Record<keyof typeof PAGE_TITLES, () => Promise<{ readonly default: ComponentType<object> }>>> =
  {
    files: () => import('../files/files-page.js'),
    sessions: () => import('../sessions/sessions-page.js'),
    spans: () => import('../spans/spans-page.js'),
    dm: () => import('../dm/dm-page.js'),
    features: () => import('../features/features-page.js'),
  };

export const PAGES: readonly Page[] = (Object.keys(LOADERS) as (keyof typeof LOADERS)[]).map((path) => ({
  path,
  title: PAGE_TITLES[path],
  View: lateView(LOADERS[path]),
}));
