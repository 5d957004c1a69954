import type { ReactNode } from 'react';
import { hrefOf, type QueryValues } from './route.js';

interface LinkProps {
  readonly to: readonly string[];
  readonly query?: QueryValues | URLSearchParams;
  readonly className?: string;
  readonly title?: string;
  readonly current?: boolean;
  readonly children: ReactNode;
}

/** A link inside the page: a real one, so that it opens in a new tab and can be copied. */
export function Link({ to, query, className, title, current, children }: LinkProps): ReactNode {
  return (
    <a
      href={hrefOf(to, query)}
      className={className}
      title={title}
      aria-current={current === true ? 'page' : undefined}
    >
      {children}
    </a>
  );
}
