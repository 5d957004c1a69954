/** The pages of the navigation: first segment of their places (`#/files/…`), and what they are called. */
export const PAGE_TITLES = {
  files: 'Files',
  sessions: 'Kernel sessions',
  spans: 'Spans',
  dm: 'Replication',
  features: 'Features',
} as const;
