import type { ReactNode } from 'react';
import { Dialog } from '../design/index.js';
import { shortcutFor, useActiveShortcuts } from './shortcuts.js';

const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  ' ': 'Space',
};

/** Keys that a dialog needs for itself. */
const OF_THE_DIALOG = new Set(['Escape', 'Tab', 'Enter', ' ', 'ArrowUp', 'ArrowDown', 'Home', 'End']);

/** The keys that work in the view that is open. Pressing one of them closes the help and does it. */
export function KeyboardHelp({ onClose }: { readonly onClose: () => void }): ReactNode {
  const groups = useActiveShortcuts();
  return (
    <Dialog
      title="Keys"
      onClose={onClose}
      onKey={(event, close) => {
        const shortcut = OF_THE_DIALOG.has(event.key) ? undefined : shortcutFor(event);
        if (shortcut === undefined) return;
        event.preventDefault();
        close();
        if (event.key !== '?') shortcut.run(event.nativeEvent);
      }}
    >
      {groups.map(({ title, shortcuts }) => (
        <section key={title} className="stack">
          <h3>{title}</h3>
          <dl className="facts">
            {shortcuts.map(({ keys, label }) => (
              <KeyLine key={label} keys={keys} label={label} />
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}

function KeyLine({ keys, label }: { readonly keys: readonly string[]; readonly label: string }): ReactNode {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <kbd key={key} className="key">
            {SIGNS[key] ?? key}
          </kbd>
        ))}
      </dt>
      <dd>{label}</dd>
    </>
  );
}
