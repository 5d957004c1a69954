import { TracerError } from '@tracer/base';
import type { ChosenHook, HookGroup, HookListing } from '../sessions/engine.js';

/** One kind of hooks: the built-in ones, or those of foreign programs. */
export interface HookProvider {
  groups(): readonly HookGroup[];
  /** A hook that `groups` lists. */
  choose(group: string, name: string): ChosenHook;
  /** Removes what hooks may have left behind. */
  clear(): Promise<void>;
}

/** All hooks of this node, the preferred kind first. */
export class HookCatalog {
  constructor(private readonly providers: readonly HookProvider[]) {}

  groups(): HookGroup[] {
    return this.providers.flatMap((provider) => provider.groups());
  }

  /**
   * The hook of this name; of several the first that can be used. `group/name` says which one.
   * Throws HOOK_UNKNOWN, or HOOK_UNAVAILABLE with the reason.
   */
  find(wanted: string): ChosenHook {
    const candidates = this.providers.flatMap((provider) =>
      provider
        .groups()
        .flatMap(({ key, hooks }) =>
          hooks
            .filter(({ name }) => name === wanted || `${key}/${name}` === wanted)
            .map((hook) => ({ provider, key, hook })),
        ),
    );
    const usable = candidates.find(({ hook }) => hook.unavailable === undefined);
    if (usable !== undefined) return usable.provider.choose(usable.key, usable.hook.name);
    throw noHook(wanted, candidates[0]?.hook);
  }

  /** The hook of a session that was defined before, perhaps by an earlier process. Throws as `find` does. */
  again(group: string, name: string): ChosenHook {
    return this.find(`${group}/${name}`);
  }

  async clear(): Promise<void> {
    await Promise.all(this.providers.map((provider) => provider.clear()));
  }
}

function noHook(wanted: string, listed: HookListing | undefined): TracerError {
  const name = JSON.stringify(wanted.length > 100 ? `${wanted.slice(0, 100)}…` : wanted);
  return listed?.unavailable === undefined
    ? new TracerError('HOOK_UNKNOWN', `trace-hook: there is no hook ${name}; GET /v1/trace-hooks lists them`)
    : new TracerError('HOOK_UNAVAILABLE', `trace-hook: ${name} cannot be used on this node: ${listed.unavailable}`);
}
