import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from './button.js';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal dialog: the browser keeps the focus inside, Escape closes it. */
export function Dialog({ title, onClose, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element?.open === false) element.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-label={title} onClose={onClose}>
      <div className="stack">
        <div className="row">
          <h2 className="grow">{title}</h2>
          <Button
            small
            title="Close"
            onClick={() => {
              dialog.current?.close();
            }}
          >
            Close
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
