import { useMemo, type ReactNode } from 'react';
import { Badge, Check, Field, Notice } from '../design/index.js';
import { setQuery } from '../router/index.js';
import { argumentLine, readArguments, readDescription, type HookOption, type OptionValues } from './hook-options.js';
import type { Hook, HookGroups } from './session-api.js';

interface Props {
  readonly groups: HookGroups;
  /** `group/name` */
  readonly chosen: string;
  readonly line: string;
}

/** All hooks with what they do and where they can be used, and the arguments of the chosen one. */
export function ChooseHook({ groups, chosen, line }: Props): ReactNode {
  const hooks = Object.entries(groups).flatMap(([group, { Tracers }]) =>
    Object.values(Tracers).map((hook) => ({ id: `${group}/${hook.Name}`, hook })),
  );
  const one = hooks.find(({ id, hook }) => id === chosen || hook.Name === chosen);
  return (
    <>
      <div className="hooks" role="radiogroup" aria-label="Hooks">
        {hooks.map(({ id, hook }) => (
          <HookCard key={id} id={id} hook={hook} chosen={id === one?.id} />
        ))}
        {Object.entries(groups).map(([group, { problem }]) =>
          problem === undefined ? null : (
            <Notice key={group} kind="warn">
              The hooks of {group} cannot be used: {problem}
            </Notice>
          ),
        )}
      </div>
      {one !== undefined && <Arguments hook={one.hook} line={line} />}
    </>
  );
}

function HookCard({
  id,
  hook,
  chosen,
}: {
  readonly id: string;
  readonly hook: Hook;
  readonly chosen: boolean;
}): ReactNode {
  const { about } = useMemo(() => readDescription(hook.Description), [hook]);
  const isUnavailable = hook.unavailable !== undefined;
  return (
    <label className={`hook ${chosen ? 'chosen' : ''} ${isUnavailable ? 'unavailable' : ''}`}>
      <input
        type="radio"
        name="hook"
        checked={chosen}
        disabled={isUnavailable}
        onChange={() => {
          setQuery({ hook: id, args: undefined }, { replace: true });
        }}
      />
      <span className="grow">
        <strong className="break">{hook.Name}</strong> {isUnavailable && <Badge kind="error">unavailable</Badge>}
        <p>{about.join(' ')}</p>
        {isUnavailable && <p role="note">Why: {hook.unavailable}</p>}
        {Object.entries(isUnavailable ? {} : (hook.unavailableOn ?? {})).map(([node, reason]) => (
          <p key={node}>
            <Badge kind="warn">not on {node}</Badge> {reason}
          </p>
        ))}
      </span>
    </label>
  );
}

function Arguments({ hook, line }: { readonly hook: Hook; readonly line: string }): ReactNode {
  const { options, notes } = useMemo(() => readDescription(hook.Description), [hook]);
  const { values, rest } = readArguments(options, line);
  const write = (text: string): void => {
    setQuery({ args: text }, { replace: true });
  };
  // While a text is typed it may hold words that no option explains; the fields would drop them.
  const known = options.filter(({ long }) => long !== '--time');
  return (
    <>
      {rest.length === 0 &&
        known.map((option) => (
          <OptionField key={option.long} option={option} all={options} values={values} onLine={write} />
        ))}
      <Field
        label="Arguments, as one line"
        value={line}
        placeholder="none"
        className="mono"
        hint={rest.length === 0 ? undefined : `Passed on as they are: ${rest.join(' ')}`}
        onChange={(event) => {
          write(event.target.value);
        }}
      />
      {notes.length > 0 && (
        <details>
          <summary>What this hook records</summary>
          <p className="soft">{notes.join(' ')}</p>
        </details>
      )}
    </>
  );
}

interface OptionProps {
  readonly option: HookOption;
  readonly all: readonly HookOption[];
  readonly values: OptionValues;
  readonly onLine: (line: string) => void;
}

function OptionField({ option, all, values, onLine }: OptionProps): ReactNode {
  const { long, value, text } = option;
  const change = (next: string | true): void => {
    onLine(argumentLine(all, { ...values, [long]: next }));
  };
  if (value === undefined)
    return (
      <Check
        label={`${long}: ${text}`}
        checked={values[long] === true}
        onChange={(on) => {
          change(on || '');
        }}
      />
    );
  return (
    <Field
      label={`${long} ${value}`}
      hint={text}
      // Uncontrolled while typing: the line has no blanks at the ends of words.
      defaultValue={String(values[long] ?? '')}
      key={long}
      onBlur={(event) => {
        change(event.target.value);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') change(event.currentTarget.value);
      }}
    />
  );
}
