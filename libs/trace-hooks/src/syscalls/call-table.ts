import type { EventCatalog, EventFormat, FieldFormat } from '../event-format.js';
import { stamp, type Stamp } from '../output/line-buffer.js';

/** How an argument register is written. A register has 64 bits whatever the C type; narrow types use the low 32. */
export const ARGUMENT_KIND = { int32: 0, uint32: 1, int64: 2, uint64: 3, pointer: 4 } as const;
export type ArgumentKind = (typeof ARGUMENT_KIND)[keyof typeof ARGUMENT_KIND];

export interface CallArgument {
  /** `,"fd":` */
  readonly label: Stamp;
  readonly kind: ArgumentKind;
  /** Word of the entry record, counted from its begin, that holds the low half. */
  readonly word: number;
}

/** One system call as its two events describe it. */
export interface CallFormat {
  readonly name: string;
  /** `,"name":"read","cat":"syscall","pid":` */
  readonly head: Stamp;
  readonly arguments: readonly CallArgument[];
  readonly enterId: number;
  readonly exitId: number;
  /** Word of the exit record that holds the low half of the return value. */
  readonly returnWord: number;
}

const INT_32 = new Set('int|s32|__s32|pid_t|clockid_t|timer_t|mqd_t|key_t|key_serial_t|rwf_t'.split('|'));
const UINT_32 = new Set('unsigned|unsigned int|u32|__u32|umode_t|mode_t|uid_t|gid_t|qid_t|dev_t'.split('|'));
const INT_64 = new Set('long|off_t|loff_t|ssize_t|s64|__s64|time_t'.split('|'));
/** Types that hide a pointer, and names under which an `unsigned long` is an address. */
const POINTER_TYPES = new Set(['cap_user_header_t', 'cap_user_data_t', '__sighandler_t']);
const ADDRESS_NAMES = new Set(['addr', 'start', 'brk', 'new_addr', 'newsp', 'shmaddr']);

function kindOf(field: FieldFormat): ArgumentKind {
  const type = field.type.replace(/^const /, '');
  if (type.includes('*') || POINTER_TYPES.has(type)) return ARGUMENT_KIND.pointer;
  if (INT_32.has(type) || type.startsWith('enum ')) return ARGUMENT_KIND.int32;
  if (UINT_32.has(type)) return ARGUMENT_KIND.uint32;
  if (INT_64.has(type)) return ARGUMENT_KIND.int64;
  return type === 'unsigned long' && ADDRESS_NAMES.has(field.name) ? ARGUMENT_KIND.pointer : ARGUMENT_KIND.uint64;
}

/** At most six arguments; a register is 8 bytes and they begin behind `__syscall_nr`. */
export const MAX_ARGUMENTS = 6;

function argumentsOf(format: EventFormat): CallArgument[] {
  return format.fields
    .filter((field) => field.name !== '__syscall_nr' && field.kind === 'int' && field.size === 8)
    .slice(0, MAX_ARGUMENTS)
    .map((field) => ({ label: stamp(`,"${field.name}":`), kind: kindOf(field), word: field.offset >> 2 }));
}

const known = new WeakMap<EventCatalog, Map<string, CallFormat>>();

/** How this kernel records the entry and exit of a call; sessions share what was read once. */
export function callFormat(catalog: EventCatalog, name: string): CallFormat {
  let formats = known.get(catalog);
  if (formats === undefined) known.set(catalog, (formats = new Map<string, CallFormat>()));
  let format = formats.get(name);
  if (format === undefined) formats.set(name, (format = readCallFormat(catalog, name)));
  return format;
}

function readCallFormat(catalog: EventCatalog, name: string): CallFormat {
  const enter = catalog.format(`syscalls/sys_enter_${name}`);
  const exit = catalog.format(`syscalls/sys_exit_${name}`);
  return {
    name,
    head: stamp(`,"name":"${name}","cat":"syscall","pid":`),
    arguments: argumentsOf(enter),
    enterId: enter.id,
    exitId: exit.id,
    returnWord: exit.field('ret').offset >> 2,
  };
}
