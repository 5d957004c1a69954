import { useState, type ReactNode } from 'react';
import { Button, Field } from '../design/index.js';
import { setQuery, useRoute } from '../router/index.js';

const FIELDS = [
  { key: 'name', label: 'Names', placeholder: 'read,write' },
  { key: 'cat', label: 'Categories', placeholder: 'POSIX' },
  { key: 'pid', label: 'Process', placeholder: 'pid' },
  { key: 'tid', label: 'Thread', placeholder: 'tid' },
  { key: 'dur', label: 'At least, µs', placeholder: '1000' },
] as const;

const NUMBER = /^-?\d+(\.\d+)?$/;

/** Which events all views of the files show. Folded away until something is filtered or somebody wants to. */
export function FilterBar(): ReactNode {
  const { query } = useRoute();
  const active = FIELDS.filter(({ key }) => query.has(key));
  const [open, setOpen] = useState(false);
  const window = query.has('from') || query.has('to');
  if (!open && active.length === 0)
    return (
      <div className="row">
        <Button small look="plain" onClick={() => setOpen(true)}>
          Filter …
        </Button>
        {window && <WindowBadge />}
      </div>
    );
  return <FilterForm key={active.map(({ key }) => query.get(key)).join('\n')} onClose={() => setOpen(false)} />;
}

function WindowBadge(): ReactNode {
  return (
    <Button small look="plain" onClick={() => setQuery({ from: undefined, to: undefined })}>
      A part of the time is shown ✕
    </Button>
  );
}

function FilterForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { query } = useRoute();
  const [values, setValues] = useState(() => Object.fromEntries(FIELDS.map(({ key }) => [key, query.get(key) ?? ''])));
  const problems = Object.fromEntries(
    FIELDS.map(({ key }) => [key, problemOf(key, values[key] ?? '')]).filter(([, problem]) => problem !== undefined),
  ) as Readonly<Record<string, string>>;
  return (
    <form
      className="filter"
      onSubmit={(event) => {
        event.preventDefault();
        if (Object.keys(problems).length === 0) setQuery(values);
      }}
    >
      {FIELDS.map(({ key, label, placeholder }) => (
        <Field
          key={key}
          label={label}
          placeholder={placeholder}
          value={values[key] ?? ''}
          problem={problems[key]}
          onChange={(event) => setValues({ ...values, [key]: event.target.value.trim() })}
        />
      ))}
      <div className="row">
        <Button type="submit" look="primary" disabled={Object.keys(problems).length > 0}>
          Apply
        </Button>
        <Button
          onClick={() => {
            setQuery(Object.fromEntries(FIELDS.map(({ key }) => [key, undefined])));
            onClose();
          }}
        >
          Clear
        </Button>
      </div>
    </form>
  );
}

function problemOf(key: string, value: string): string | undefined {
  const isNumber = key === 'pid' || key === 'tid' || key === 'dur';
  return isNumber && value !== '' && !NUMBER.test(value) ? 'a number' : undefined;
}
