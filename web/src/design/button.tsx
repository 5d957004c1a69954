import type { ButtonHTMLAttributes, ReactNode } from 'react';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'primary' | 'danger' | 'plain';
  readonly small?: boolean;
  /** Switches: whether it is on. */
  readonly pressed?: boolean;
}

/** A button; `title` doubles as its name where it shows only a sign. */
export function Button({ look, small = false, pressed, className = '', ...rest }: ButtonProps): ReactNode {
  const classes = ['button', look, small ? 'small' : undefined, className].filter(Boolean).join(' ');
  return (
    <button
      type="button"
      className={classes}
      aria-pressed={pressed}
      {...(rest.title !== undefined && { 'aria-label': rest['aria-label'] ?? rest.title })}
      {...rest}
    />
  );
}
