import { useState, type ReactNode } from 'react';
import { Button, CopyButton } from '../design/index.js';
import { formatBytes } from '../time/index.js';
import { cutText } from './cut-text.js';

/** A value of any length as text: a long one is cut with its size shown, and can be copied whole. */
export function LongText({ text }: { readonly text: string }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { shown, cut } = cutText(text, isOpen ? 100_000 : undefined);
  if (!cut && !isOpen) return <span className="value">{text}</span>;
  return (
    <span className="value">
      {shown}
      {cut && ' …'}{' '}
      <span className="row">
        <strong>
          {cut ? 'cut, ' : ''}
          {formatBytes(new Blob([text]).size)} in all
        </strong>
        {!isOpen && (
          <Button
            small
            onClick={() => {
              setOpen(true);
            }}
          >
            Show more
          </Button>
        )}
        <CopyButton text={text} label="Copy the whole value" />
      </span>
    </span>
  );
}
