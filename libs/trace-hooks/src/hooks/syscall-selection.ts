import type { EventCatalog } from '../event-format.js';
import { shown } from '../forbidden-options.js';
import { invalid } from './arguments.js';
import { isGlob, matchesGlob, nearestName } from './name-match.js';
import { eventNameOf, SYSCALL_GROUPS, syscallsOfGroup } from './syscall-groups.js';

const ENTER = 'sys_enter_';
const EXIT = 'sys_exit_';

/**
 * The events (`syscalls/sys_enter_read`) of what a user named: a call (both its events, so that it has a duration and a
 * result), one event (`sys_enter_read`, `sys_exit_read`), a pattern of either (`open*`, `sys_exit_*`), or a group
 * (`%file`). Nothing named means every call.
 *
 * @throws TracerError HOOK_ARGUMENT_INVALID naming what is unknown, with the nearest name there is
 */
export function syscallEvents(names: readonly string[], catalog: EventCatalog): string[] {
  const syscalls = catalog.syscalls();
  const chosen = names.length === 0 ? syscalls.flatMap(bothEvents) : names.flatMap((name) => eventsOf(name, syscalls));
  return [...new Set(chosen)].map((event) => `syscalls/${event}`);
}

function eventsOf(name: string, syscalls: readonly string[]): string[] {
  if (name.startsWith('%')) return eventsOfGroup(name, syscalls);
  if (isGlob(name)) return eventsOfGlob(name, syscalls);
  for (const prefix of [ENTER, EXIT]) {
    if (name.startsWith(prefix)) return [`${prefix}${known(name.slice(prefix.length), name, syscalls)}`];
  }
  return bothEvents(known(name, name, syscalls));
}

function known(syscall: string, given: string, syscalls: readonly string[]): string {
  if (syscalls.includes(syscall)) return syscall;
  const alias = eventNameOf(syscall);
  if (alias !== undefined && syscalls.includes(alias)) return alias;
  const nearest = nearestName(syscall, syscalls);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return invalid(`-s, --syscall: ${shown(given)} is no system call of this kernel${hint}`);
}

function eventsOfGroup(name: string, syscalls: readonly string[]): string[] {
  const group = syscallsOfGroup(name.slice(1));
  if (group === undefined) {
    invalid(
      `-s, --syscall: ${shown(name)} is no group; there are ${SYSCALL_GROUPS.map((one) => `%${one}`).join(', ')}`,
    );
  }
  return group.filter((syscall) => syscalls.includes(syscall)).flatMap(bothEvents);
}

function eventsOfGlob(pattern: string, syscalls: readonly string[]): string[] {
  const ofCalls = syscalls.filter((syscall) => matchesGlob(pattern, syscall)).flatMap(bothEvents);
  // `sys_enter_*` means events; a pattern that fits a call by its own name means the call.
  const found =
    ofCalls.length > 0 ? ofCalls : syscalls.flatMap(bothEvents).filter((event) => matchesGlob(pattern, event));
  return found.length > 0 ? found : invalid(`-s, --syscall: no system call of this kernel fits ${shown(pattern)}`);
}

function bothEvents(syscall: string): string[] {
  return [ENTER + syscall, EXIT + syscall];
}
