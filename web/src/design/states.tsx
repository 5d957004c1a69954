import { useEffect, useState, type ReactNode } from 'react';
import { Button } from './button.js';

/** What to do next when there is nothing to see, with the exact command. */
export function Empty({
  title,
  children,
  command,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly command?: string;
}): ReactNode {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
      {command !== undefined && <Command text={command} />}
    </div>
  );
}

/** A line for a shell with a button that copies it. */
export function Command({ text }: { readonly text: string }): ReactNode {
  return (
    <div className="command">
      <code>{text}</code>
      <CopyButton text={text} label="Copy the command" />
    </div>
  );
}

interface CopyButtonProps {
  readonly text: string | (() => string);
  readonly label: string;
  readonly children?: ReactNode;
}

/** Copies a text and says so; without a clipboard (plain HTTP from another machine) it selects the text in a prompt. */
export function CopyButton({ text, label, children = 'Copy' }: CopyButtonProps): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    const value = typeof text === 'string' ? text : text();
    copyText(value).then(
      () => {
        setCopied(true);
        window.setTimeout(() => {
          setCopied(false);
        }, 1500);
      },
      () => {
        window.prompt(label, value);
      },
    );
  };
  return (
    <Button small look="plain" onClick={copy} title={label}>
      {copied ? 'Copied' : children}
    </Button>
  );
}

async function copyText(text: string): Promise<void> {
  // Absent where the page is not served over TLS or from this machine.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) throw new Error('no clipboard');
  await clipboard.writeText(text);
}

/** From here on it is said how long something takes. */
const SLOW_S = 3;

/** Something is on its way; when that takes long, for how long it has been. */
export function Spinner({ label = 'Loading …' }: { readonly label?: string }): ReactNode {
  const seconds = useSeconds();
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      {label}
      {seconds >= SLOW_S && (
        <span className="soft" aria-hidden="true">
          {seconds} s
        </span>
      )}
    </div>
  );
}

/** Whole seconds since the caller was first shown. */
function useSeconds(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const began = performance.now();
    const timer = window.setInterval(() => {
      setSeconds(Math.floor((performance.now() - began) / 1000));
    }, 1000);
    return () => {
      window.clearInterval(timer);
    };
  }, []);
  return seconds;
}

/** What failed, in the words of the server, and a way to try again. */
export function ErrorNotice({
  what,
  error,
  onRetry,
}: {
  /** What was tried: "Loading the files". */
  readonly what: string;
  readonly error: Error & { readonly status?: number; readonly code?: string | undefined };
  readonly onRetry?: () => void;
}): ReactNode {
  const facts = [error.status !== undefined && error.status > 0 ? `status ${error.status}` : '', error.code ?? ''];
  const shown = facts.filter((fact) => fact !== '').join(', ');
  return (
    <div className="notice error" role="alert">
      <strong>
        {what} failed{shown === '' ? '' : ` (${shown})`}
      </strong>
      <span className="text">{error.message}</span>
      {onRetry && (
        <Button small onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function Notice({
  kind,
  children,
}: {
  readonly kind?: 'warn' | 'error';
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={`notice ${kind ?? ''}`} role={kind === undefined ? 'note' : 'alert'}>
      {children}
    </div>
  );
}

export function Badge({
  kind,
  children,
  title,
}: {
  readonly kind?: 'good' | 'warn' | 'error';
  readonly children: ReactNode;
  readonly title?: string;
}): ReactNode {
  return (
    <span className={`badge ${kind ?? ''}`} title={title}>
      {children}
    </span>
  );
}
