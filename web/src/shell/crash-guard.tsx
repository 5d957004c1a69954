import { Component, type ReactNode } from 'react';
import { ErrorNotice } from '../design/index.js';

interface Props {
  /** Another place is another chance. */
  readonly place: string;
  readonly children: ReactNode;
}

/** Keeps a fault in one view from blanking the page. */
export class CrashGuard extends Component<Props, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidUpdate(before: Props): void {
    if (before.place !== this.props.place && this.state.error !== undefined) this.#reset();
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <ErrorNotice what="Showing this view" error={error} onRetry={this.#reset} />;
  }

  readonly #reset = (): void => {
    // `undefined` is not allowed by exactOptionalPropertyTypes: the state is replaced as a whole.
    this.setState(() => ({ error: undefined }) as unknown as { error: Error });
  };
}
