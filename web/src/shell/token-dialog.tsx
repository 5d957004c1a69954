import { useState, type ReactNode } from 'react';
import { setToken } from '../api/index.js';
import { Button, Dialog, Field } from '../design/index.js';

/** Asks for the token that the server wants. It stays in this tab. */
export function TokenDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [value, setValue] = useState('');
  return (
    <Dialog title="This server asks for a token" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setToken(value.trim());
        }}
      >
        <p className="soft">It is kept until this tab is closed and sent to this server only.</p>
        <Field
          label="Token"
          type="password"
          required
          autoFocus
          value={value}
          onChange={(event) => {
            setValue(event.target.value);
          }}
        />
        <div className="row">
          <Button look="primary" type="submit" disabled={value.trim() === ''}>
            Use it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
