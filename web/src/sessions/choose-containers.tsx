import { useMemo, type ReactNode } from 'react';
import { Button, Check, Empty, Field, Notice } from '../design/index.js';
import { setQuery, useQueryValue } from '../router/index.js';
import { formatCount } from '../time/index.js';
import { candidatesOf, matchedKeys, patternProblem, patternsFor, type Candidate } from './matches.js';
import type { Pods } from './session-api.js';

interface Props {
  readonly pods: Pods;
  readonly pod: string;
  readonly container: string;
}

/**
 * Pods and containers to tick, and the two patterns that say the same. The ticks are what the patterns match, so they are the
 * preview at once, whichever of both was changed.
 */
export function ChooseContainers({ pods, pod, container }: Props): ReactNode {
  const all = useMemo(() => candidatesOf(pods), [pods]);
  const matched = useMemo(() => matchedKeys(pods, { pod, container }), [pods, pod, container]);
  const [text, setText] = useQueryValue('find', { replace: true });
  const [only, setOnly] = useQueryValue('only', { replace: true });
  if (all.length === 0)
    return (
      <Empty title="No containers are running" command="scripts/demo-pod.sh -c 2 demo">
        <p>Start one; this list is read anew every five seconds. Without a container runtime this makes a pod:</p>
      </Empty>
    );
  const words = text.toLowerCase();
  const shown = all.filter(
    (one) =>
      (only === '' || matched.has(one.key)) && `${one.key} ${one.container.image ?? ''}`.toLowerCase().includes(words),
  );
  const write = (chosen: readonly Candidate[]): void => {
    const patterns = chosen.length === 0 ? { pod: undefined, container: undefined } : patternsFor(chosen, all);
    setQuery({ pod: patterns.pod, container: patterns.container }, { replace: true });
  };
  const toggle = (one: Candidate): void => {
    const rest = all.filter(({ key }) => matched.has(key) && key !== one.key);
    write(matched.has(one.key) ? rest : [...rest, one]);
  };
  return (
    <>
      <Patterns pod={pod} container={container} matched={matched.size} all={all} />
      <div className="row end">
        <Field
          label="Find"
          placeholder="pod, container, node, image"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
        <Check
          label="Matches only"
          checked={only !== ''}
          onChange={(on) => {
            setOnly(on ? 'matches' : undefined);
          }}
        />
        <span className="grow" />
        <Button
          small
          onClick={() => {
            write(shown);
          }}
        >
          Choose all {formatCount(shown.length)} shown
        </Button>
        <Button
          small
          disabled={matched.size === 0}
          onClick={() => {
            write([]);
          }}
        >
          Choose none
        </Button>
      </div>
      <div className="candidates" role="group" aria-label="Containers">
        {shown.map((one) => (
          <CandidateLine key={one.key} one={one} matched={matched.has(one.key)} onToggle={toggle} />
        ))}
      </div>
    </>
  );
}

interface PatternsProps {
  readonly pod: string;
  readonly container: string;
  readonly matched: number;
  readonly all: readonly Candidate[];
}

function Patterns({ pod, container, matched, all }: PatternsProps): ReactNode {
  const problem = pod === '' ? undefined : (patternProblem(pod) ?? patternProblem(container));
  return (
    <>
      <div className="two">
        <Field
          label="Pods"
          value={pod}
          placeholder="shop-* or namespace/name"
          options={[...new Set(all.map((one) => one.pod))]}
          problem={pod === '' ? undefined : patternProblem(pod)}
          onChange={(event) => {
            setQuery({ pod: event.target.value }, { replace: true });
          }}
        />
        <Field
          label="Containers"
          value={container}
          placeholder="*"
          problem={patternProblem(container)}
          onChange={(event) => {
            setQuery({ container: event.target.value }, { replace: true });
          }}
        />
      </div>
      {pod !== '' && problem === undefined && (
        <Notice {...(matched === 0 && { kind: 'warn' as const })}>
          <span role="status">
            {matched === 0
              ? 'No container matches. The node refuses a session that matches nothing.'
              : `Matches ${formatCount(matched)} of ${formatCount(all.length)} containers; they are ticked below.`}
          </span>
        </Notice>
      )}
    </>
  );
}

interface LineProps {
  readonly one: Candidate;
  readonly matched: boolean;
  readonly onToggle: (one: Candidate) => void;
}

function CandidateLine({ one, matched, onToggle }: LineProps): ReactNode {
  const { pod, container, namespace } = one;
  const tasks = container.Tasks?.length ?? 0;
  return (
    <label className={`candidate ${matched ? 'matched' : ''}`}>
      <input
        type="checkbox"
        checked={matched}
        onChange={() => {
          onToggle(one);
        }}
      />
      <span className="names">
        <strong>{pod}</strong> / {container.Id}
      </span>
      <span className="soft break">
        {namespace === undefined ? '' : `${namespace} · `}
        {container.node} · {tasks} {tasks === 1 ? 'process' : 'processes'}
        {container.image === undefined ? '' : ` · ${container.image}`}
      </span>
    </label>
  );
}
