import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { Button } from './button.js';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** A key pressed in it, beside those of the browser; `close` closes the dialog and gives the focus back. */
  readonly onKey?: (event: KeyboardEvent, close: () => void) => void;
  readonly children: ReactNode;
}

/** A modal dialog: the browser keeps the focus inside, Escape closes it. */
export function Dialog({ title, onClose, onKey, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element?.open === false) element.showModal();
  }, []);
  const close = (): void => {
    dialog.current?.close();
  };
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-label={title}
      onClose={onClose}
      onKeyDown={(event) => {
        onKey?.(event, close);
      }}
    >
      <div className="stack">
        <div className="row">
          <h2 className="grow">{title}</h2>
          <Button small title="Close" onClick={close}>
            Close
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
