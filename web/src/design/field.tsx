import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes } from 'react';

interface Labelled {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly problem?: string | undefined;
}

type FieldProps = Labelled & InputHTMLAttributes<HTMLInputElement>;

/** A text field with its label above; `options` offers known values without insisting on them. */
export function Field({
  label,
  hint,
  problem,
  options,
  className = '',
  ...input
}: FieldProps & { readonly options?: readonly string[] }): ReactNode {
  const id = useId();
  return (
    <label className="field">
      <span>{label}</span>
      <input
        className={`input ${className}`}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        {...(options && { list: `${id}-options` })}
        {...input}
      />
      {options && (
        <datalist id={`${id}-options`}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
      {hint !== undefined && <span className="hint">{hint}</span>}
      {problem !== undefined && (
        <span className="problem" id={`${id}-problem`} role="alert">
          {problem}
        </span>
      )}
    </label>
  );
}

interface SelectProps extends Labelled, Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange'> {
  /** Values, or values with their texts. */
  readonly options: readonly (string | readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}

export function Select({ label, hint, problem, options, onChange, ...select }: SelectProps): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <select
        className="input"
        aria-invalid={problem !== undefined}
        onChange={(event) => {
          onChange(event.target.value);
        }}
        {...select}
      >
        {options.map((option) => {
          const [value, text] = typeof option === 'string' ? [option, option] : option;
          return (
            <option key={value} value={value}>
              {text}
            </option>
          );
        })}
      </select>
      {hint !== undefined && <span className="hint">{hint}</span>}
    </label>
  );
}

interface CheckProps {
  readonly label: ReactNode;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}

export function Check({ label, checked, onChange, disabled }: CheckProps): ReactNode {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => {
          onChange(event.target.checked);
        }}
      />
      <span>{label}</span>
    </label>
  );
}
