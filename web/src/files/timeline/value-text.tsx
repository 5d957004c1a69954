import { useState, type ReactNode } from 'react';
import { Button, CopyButton } from '../../design/index.js';
import { formatBytes } from '../../time/index.js';

const SHOWN_CHARS = 600;

/** An argument, as text whatever it contains. Long ones are cut with their size; all of it is a click away. */
export function ValueText({ value }: { readonly value: unknown }): ReactNode {
  const [whole, setWhole] = useState(false);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= SHOWN_CHARS) return <span className="mono break">{text}</span>;
  return (
    <span>
      <span className="mono break">{whole ? text : `${text.slice(0, SHOWN_CHARS)}…`}</span>
      <span className="row">
        <span className="soft">{formatBytes(new Blob([text]).size)}</span>
        <Button small look="plain" onClick={() => setWhole(!whole)}>
          {whole ? 'Show less' : 'Show all'}
        </Button>
        <CopyButton text={text} label="Copy the value" />
      </span>
    </span>
  );
}

/** An argument with its name, in a `<dl className="facts">`. */
export function Fact({ name, value }: { readonly name: string; readonly value: unknown }): ReactNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <ValueText value={value} />
      </dd>
    </>
  );
}
