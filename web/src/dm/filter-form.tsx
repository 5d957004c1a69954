import { useState, type ReactNode } from 'react';
import { Button, Field, Select } from '../design/index.js';
import { hrefOf, navigate, setQuery, useRoute } from '../router/index.js';

export interface FilterField {
  readonly key: string;
  readonly label: string;
  readonly placeholder?: string;
  /** Values to choose from; a text field without. */
  readonly options?: readonly (readonly [value: string, text: string])[];
}

/** Fields of a filter; what they say is in the address when the form is sent, choices at once. */
export function FilterForm({
  label,
  fields,
}: {
  readonly label: string;
  readonly fields: readonly FilterField[];
}): ReactNode {
  const { path, query } = useRoute();
  const text = fields.map(({ key }) => query.get(key) ?? '').join('\n');
  return <Form key={text} label={label} fields={fields} path={path} query={query} />;
}

interface FormProps {
  readonly label: string;
  readonly fields: readonly FilterField[];
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

function Form({ label, fields, path, query }: FormProps): ReactNode {
  const [draft, setDraft] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(fields.map(({ key }) => [key, query.get(key) ?? ''])),
  );
  const send = (values: Readonly<Record<string, string>>): void => {
    setQuery({ ...values, cursor: undefined });
  };
  return (
    <form
      className="filter-form"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        send(draft);
      }}
    >
      {fields.map(({ key, label: title, placeholder, options }) =>
        options ? (
          <Select
            key={key}
            label={title}
            value={draft[key] ?? ''}
            options={options}
            onChange={(value) => {
              send({ ...draft, [key]: value });
            }}
          />
        ) : (
          <Field
            key={key}
            label={title}
            placeholder={placeholder ?? 'any'}
            value={draft[key] ?? ''}
            onChange={(event) => {
              setDraft({ ...draft, [key]: event.target.value });
            }}
          />
        ),
      )}
      <div className="row end">
        <Button look="primary" type="submit">
          Find
        </Button>
        <Button
          onClick={() => {
            navigate(hrefOf(path));
          }}
        >
          Clear
        </Button>
      </div>
    </form>
  );
}

/** The values of fields in an address, those that say nothing left out. */
export function valuesOf(query: URLSearchParams, fields: readonly FilterField[]): Record<string, string> {
  return Object.fromEntries(
    fields.flatMap(({ key }) => {
      const value = query.get(key)?.trim() ?? '';
      return value === '' ? [] : [[key, value]];
    }),
  );
}
