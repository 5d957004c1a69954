import { createElement, useEffect, useState, type ComponentType, type ReactNode } from 'react';
import { Spinner } from './states.js';

/** A view whose code is loaded when it is first shown, or before, when it is known that it will be. */
export type LateView<Props extends object> = ComponentType<Props> & { readonly preload: () => void };

/**
 * As `React.lazy`, which however keeps the wheel turning for 300 ms once it has been shown. A view whose code could not be
 * loaded throws where it is drawn; it is loaded again when it is drawn again.
 */
export function lateView<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
): LateView<Props> {
  let view: ComponentType<Props> | undefined;
  let loading: Promise<void> | undefined;
  const start = (): Promise<void> => {
    loading ??= load().then(
      (module) => {
        view = module.default;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  function Late(props: Props): ReactNode {
    const [state, setState] = useState<{ readonly error?: unknown }>({});
    useEffect(() => {
      if (view !== undefined) return undefined;
      let gone = false;
      start().then(
        () => {
          if (!gone) setState({});
        },
        (error: unknown) => {
          if (!gone) setState({ error });
        },
      );
      return () => {
        gone = true;
      };
    }, []);
    if (state.error !== undefined) throw asError(state.error);
    return view === undefined ? <Spinner /> : createElement(view, props);
  }
  return Object.assign(Late, { preload: () => void start().catch(() => undefined) });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
