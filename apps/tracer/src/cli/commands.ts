import type { Command } from './command.js';
import { eventsCommand, filesCommand, statsCommand } from './file-commands.js';
import { indexCommand } from './index-command.js';
import {
  deleteSessionCommand,
  hooksCommand,
  podsCommand,
  sessionsCommand,
  showSessionCommand,
  stopSessionCommand,
} from './kernel-commands.js';
import { nodesCommand } from './nodes-command.js';
import { runCommand } from './run-session.js';
import { newTokenCommand } from './token-command.js';
import { getSpansCommand, searchSpansCommand, servicesCommand } from './span-commands.js';

/** Every command that asks a gateway, in the order of the help. `up`, `completion` and `help` are the program's own. */
export const COMMANDS: readonly Command[] = [
  podsCommand,
  nodesCommand,
  hooksCommand,
  runCommand,
  sessionsCommand,
  showSessionCommand,
  stopSessionCommand,
  deleteSessionCommand,
  filesCommand,
  eventsCommand,
  statsCommand,
  indexCommand,
  searchSpansCommand,
  getSpansCommand,
  servicesCommand,
  newTokenCommand,
];

/** Commands of the program itself, with what the help says about them. */
export const OWN_COMMANDS = {
  up: 'run the whole suite until Ctrl-C (tracer up --help lists its settings)',
  completion: 'print the completion script of bash, zsh or fish',
  help: 'this text; with a command, its options',
  version: 'print the version',
} as const;
