import type { ReactNode } from 'react';

interface Tab {
  readonly key: string;
  readonly title: string;
  /** Tabs are places with links: they can be opened beside each other and the back button works. */
  readonly href: string;
}

export function Tabs({
  label,
  tabs,
  current,
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly current: string;
}): ReactNode {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ key, title, href }) => (
        <a key={key} href={href} aria-current={key === current ? 'page' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}
