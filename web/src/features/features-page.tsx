import type { ReactNode } from 'react';
import { Tabs } from '../design/index.js';
import { hrefOf, useRoute } from '../router/index.js';
import '../charts/panes.css';
import { BudgetView } from './budget-view.js';
import { CompareRuns } from './compare-runs.js';
import { TagList } from './tag-list.js';
import { TagView } from './tag-view.js';

/** Feature runs: what users wait for, step by step. */
export default function FeaturesPage(): ReactNode {
  const { path } = useRoute();
  const [, place = 'tags', tag = '', view = 'runs'] = path;
  const tabs = [
    { key: 'tags', title: 'Tags', href: hrefOf(['features']) },
    ...(tag === ''
      ? []
      : [
          {
            key: 'runs',
            title: tag.length > 40 ? `${tag.slice(0, 39)}…` : tag,
            href: hrefOf(['features', 'tag', tag]),
          },
          { key: 'compare', title: 'Compare', href: hrefOf(['features', 'tag', tag, 'compare']) },
          { key: 'budget', title: 'Budget', href: hrefOf(['features', 'tag', tag, 'budget']) },
        ]),
  ];
  return (
    <div className="stack">
      <h1 className="visually-hidden">Features</h1>
      <Tabs label="Features" tabs={tabs} current={place === 'tag' ? view : 'tags'} />
      {place === 'tag' && tag !== '' ? (
        view === 'compare' ? (
          <CompareRuns key={tag} tag={tag} />
        ) : view === 'budget' ? (
          <BudgetView key={tag} tag={tag} />
        ) : (
          <TagView key={tag} tag={tag} />
        )
      ) : (
        <TagList />
      )}
    </div>
  );
}
