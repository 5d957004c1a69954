import type { EventCatalog } from '../event-format.js';
import type { HookPlan } from '../native-hook.js';
import { TIME_OPTION, type ParsedArguments } from './arguments.js';

/** Why a hook cannot run here, or undefined: the first of its events that this kernel lacks. */
export function missingEvent(catalog: EventCatalog, events: readonly string[]): string | undefined {
  const missing = events.find((event) => !catalog.has(event));
  return missing === undefined ? undefined : `the kernel event ${missing} is not available`;
}

/** Those of the events that this kernel has: a hook can do without the others and says less. */
export function available(catalog: EventCatalog, events: readonly string[]): string[] {
  return events.filter((event) => catalog.has(event));
}

/** A plan with the time limit that the user gave, if any. */
export function planOf(
  hook: string,
  events: readonly string[],
  parsed: ParsedArguments,
  options: Readonly<Record<string, unknown>> = {},
  hostEvents: readonly string[] = [],
): HookPlan {
  const timeLimitMs = parsed.number(TIME_OPTION);
  return {
    hook,
    events,
    options,
    ...(hostEvents.length === 0 ? {} : { hostEvents }),
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
  };
}
