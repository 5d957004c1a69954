import { useState, type ReactNode } from 'react';
import { getJson, useRequest, type ApiError } from '../api/index.js';
import { Button, ErrorNotice, Field, Notice } from '../design/index.js';
import { hrefOf, navigate, setQuery, useRoute } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { ChooseContainers } from './choose-containers.js';
import { ChooseHook } from './choose-hook.js';
import { NodeWarnings } from './node-warnings.js';
import {
  createRequest,
  hooksRequest,
  podsRequest,
  runRequest,
  type HookGroups,
  type Pods,
  type SessionWish,
} from './session-api.js';
import { patternProblem } from './matches.js';
import { wishOf } from './session-wish.js';

/** The form of a session. All of it is in the address, so that a session can be proposed by a link. */
export function NewSession(): ReactNode {
  const pods = useRequest<Pods>(podsRequest, { everyMs: 5_000 });
  const hooks = useRequest<HookGroups>(hooksRequest);
  const { query } = useRoute();
  const wish = wishOf(query);
  return (
    <>
      <NodeWarnings />
      <div className="session-new">
        <section className="pane whom" aria-label="Containers">
          <h2>1. Whom to trace</h2>
          <Loaded state={pods} what="Loading pods and containers">
            {(found) => <ChooseContainers pods={found} pod={wish.pod} container={wish.container} />}
          </Loaded>
        </section>
        <section className="pane what" aria-label="Hook">
          <h2>2. What to trace</h2>
          <Loaded state={hooks} what="Loading the hooks">
            {(groups) => <ChooseHook groups={groups} chosen={wish['trace-hook']} line={query.get('args') ?? ''} />}
          </Loaded>
        </section>
        <Limits query={query} />
        <Start wish={wish} />
      </div>
    </>
  );
}

function Limits({ query }: { readonly query: URLSearchParams }): ReactNode {
  const field = (key: string, label: string, placeholder: string, numeric = true): ReactNode => (
    <Field
      label={label}
      placeholder={placeholder}
      value={query.get(key) ?? ''}
      {...(numeric && { inputMode: 'decimal' })}
      problem={numeric && !/^\d*(?:\.\d+)?$/.test(query.get(key) ?? '') ? 'a number' : undefined}
      onChange={(event) => {
        setQuery({ [key]: event.target.value }, { replace: true });
      }}
    />
  );
  return (
    <section className="pane limits" aria-label="Limits">
      <h2>3. For how long</h2>
      <div className="two">
        {field('seconds', 'Stop after seconds', 'until stopped')}
        {field('events', 'Stop after events', 'any number')}
        {field('mib', 'Stop at a file of MiB', 'limit of the node')}
      </div>
      {field('context', 'Note, shown with the session', 'why you trace', false)}
    </section>
  );
}

function Start({ wish }: { readonly wish: SessionWish }): ReactNode {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const problem = whatIsMissing(wish);
  const create = async (run: boolean): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const sessions = Object.entries(await getJson(createRequest(wish)));
      const [id, session] = sessions[0] ?? [];
      const group = session?.Group ?? id ?? '';
      if (run) await getJson(runRequest(group, true));
      navigate(hrefOf(['sessions', group]));
    } catch (reason) {
      setError(reason as ApiError);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="pane start" aria-label="Start">
      {error !== undefined && <ErrorNotice what="Making the session" error={error} />}
      {problem !== undefined && <Notice>{problem}</Notice>}
      <div className="row">
        <Button look="primary" disabled={busy || problem !== undefined} onClick={() => void create(true)}>
          Start tracing
        </Button>
        <Button disabled={busy || problem !== undefined} onClick={() => void create(false)}>
          Only define it
        </Button>
        <CopyCurl request={createRequest(wish)} />
      </div>
      <p className="soft">
        A defined session shows which containers the nodes chose; it runs when you start it, and any number of times.
      </p>
    </section>
  );
}

function whatIsMissing(wish: SessionWish): string | undefined {
  if (wish.pod === '') return 'Choose at least one container.';
  if (wish['trace-hook'] === '') return 'Choose a hook.';
  return patternProblem(wish.pod) ?? patternProblem(wish.container);
}
