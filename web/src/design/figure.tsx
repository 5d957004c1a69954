import type { ReactNode } from 'react';

/** A figure with its name, in a `<dl className="figures">`. */
export function Figure({
  name,
  value,
  more,
}: {
  readonly name: string;
  readonly value: ReactNode;
  readonly more?: string;
}): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
      {more !== undefined && <dd className="soft figure-more">{more}</dd>}
    </div>
  );
}
