import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, TracerError } from '@tracer/base';

/** What a field's bytes are: an integer (or an array of them), text up to a NUL, or bytes we only hand on. */
export type FieldKind = 'int' | 'text' | 'bytes';

/** One field of an event record. Offsets and sizes are bytes from the start of the record. */
export interface FieldFormat {
  readonly name: string;
  /** The C type as the kernel prints it, array brackets removed: `unsigned int`, `const char *`. */
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  readonly kind: FieldKind;
  /** Bytes of one element; equal to `size` unless the field is an array. */
  readonly elementSize: number;
  /**
   * Undefined for a field that holds its bytes. A `__data_loc` field holds `length << 16 | offset` of bytes elsewhere in
   * the record; this is what that offset counts from: 0, or the end of the field (`__rel_loc`).
   */
  readonly locatedFrom: number | undefined;
}

/**
 * The layout of one kernel event, read from `events/<group>/<event>/format`. Ids and offsets differ between kernels and
 * boots, so they are always read and never written into code.
 */
export class EventFormat {
  readonly #fieldByName: ReadonlyMap<string, FieldFormat>;
  /** Bytes a record must have before its fields may be read. */
  readonly minLength: number;

  constructor(
    /** `group/event`. */
    readonly name: string,
    /** The 16-bit number that starts every record of this event. */
    readonly id: number,
    /** Without the four `common_` fields. */
    readonly fields: readonly FieldFormat[],
  ) {
    this.#fieldByName = new Map(fields.map((field) => [field.name, field]));
    this.minLength = fields.reduce((end, field) => Math.max(end, field.offset + field.size), COMMON_BYTES);
  }

  find(field: string): FieldFormat | undefined {
    return this.#fieldByName.get(field);
  }

  /** @throws TracerError HOOK_UNAVAILABLE when this kernel's event has no such field. */
  field(name: string): FieldFormat {
    const field = this.#fieldByName.get(name);
    if (field === undefined) {
      throw new TracerError('HOOK_UNAVAILABLE', `the event ${this.name} of this kernel has no field ${name}`);
    }
    return field;
  }
}

/** `common_type`, `common_flags`, `common_preempt_count`, `common_pid`. */
const COMMON_BYTES = 8;
const FIELD_LINE = /^\s*field:(.+?);\s*offset:(\d+);\s*size:(\d+);\s*signed:([01]);/;
const DECLARATION = /^(__data_loc |__rel_loc )?(.*?)\s*([A-Za-z_]\w*)(\[[^\]]*\])?$/;
const BYTE = /^(?:const |unsigned |signed )*(?:char|u8|__u8)$/;

function parseField(line: string): FieldFormat | undefined {
  const [, declaration, offsetText, sizeText, signedText] = FIELD_LINE.exec(line) ?? [];
  if (declaration === undefined) return undefined;
  const [, located, base = '', name = '', brackets] = DECLARATION.exec(declaration) ?? [];
  if (name === '' || name.startsWith('common_')) return undefined;
  const [offset, size] = [Number(offsetText), Number(sizeText)];
  const type = base.replace(/\[\]$/, '').trim();
  const count = brackets === undefined || located !== undefined ? 1 : countIn(brackets, size, type);
  return {
    name,
    type,
    offset,
    size,
    signed: signedText === '1',
    kind: kindOf(type, size, brackets !== undefined, located !== undefined),
    elementSize: size / count,
    locatedFrom: located === undefined ? undefined : located === '__rel_loc ' ? offset + size : 0,
  };
}

/** `args[6]` has six elements; a bound that is a macro name (`comm[TASK_COMM_LEN]`) only occurs with characters. */
function countIn(brackets: string, size: number, type: string): number {
  const count = Number(brackets.slice(1, -1));
  if (Number.isInteger(count) && count > 0 && size % count === 0) return count;
  return BYTE.test(type) && size > 0 ? size : 1;
}

function kindOf(type: string, size: number, isArray: boolean, isLocated: boolean): FieldKind {
  if (isLocated || isArray)
    return /^(?:const )?char$/.test(type) ? 'text' : BYTE.test(type) || isLocated ? 'bytes' : 'int';
  return size === 1 || size === 2 || size === 4 || size === 8 ? 'int' : 'bytes';
}

/**
 * Reads the text of a `format` file.
 * @throws TracerError HOOK_UNAVAILABLE when it is not one.
 */
export function parseEventFormat(name: string, text: string): EventFormat {
  const id = Number(/^ID:\s*(\d+)\s*$/m.exec(text)?.[1] ?? NaN);
  if (!Number.isInteger(id) || id < 1 || id > 0xffff) {
    throw new TracerError('HOOK_UNAVAILABLE', `the format of the event ${name} is not readable: it names no id`);
  }
  const fields = text.split('\n').flatMap((line) => parseField(line) ?? []);
  return new EventFormat(name, id, fields);
}

/** The events of one tracefs. Formats are read when first asked for and kept: they cannot change while the kernel runs. */
export class EventCatalog {
  readonly #formats = new Map<string, EventFormat>();
  #syscalls: readonly string[] | undefined;

  /** @param tracefsPath a tracefs, or in tests any directory with `events/<group>/<event>/format` in it. */
  constructor(readonly tracefsPath: string) {}

  /** @param name `group/event` */
  has(name: string): boolean {
    return this.#formats.has(name) || (isEventName(name) && existsSync(this.#path(name)));
  }

  /** @throws TracerError HOOK_UNAVAILABLE when this kernel has no such event or its format cannot be read. */
  format(name: string): EventFormat {
    const known = this.#formats.get(name);
    if (known !== undefined) return known;
    if (!isEventName(name)) throw new TracerError('HOOK_UNAVAILABLE', `"${name}" is not the name of an event`);
    const format = parseEventFormat(name, this.#read(name));
    this.#formats.set(name, format);
    return format;
  }

  /** Names of the system calls whose entry and exit both are events here: `read`, `openat`, …, sorted. */
  syscalls(): readonly string[] {
    this.#syscalls ??= this.#listSyscalls();
    return this.#syscalls;
  }

  #listSyscalls(): string[] {
    const directory = join(this.tracefsPath, 'events', 'syscalls');
    if (!existsSync(directory)) return [];
    const events = new Set(readdirSync(directory));
    return [...events]
      .filter((event) => event.startsWith('sys_enter_'))
      .map((event) => event.slice('sys_enter_'.length))
      .filter((syscall) => events.has(`sys_exit_${syscall}`))
      .sort();
  }

  #read(name: string): string {
    try {
      return readFileSync(this.#path(name), 'utf8');
    } catch (error) {
      throw new TracerError('HOOK_UNAVAILABLE', `the kernel event ${name} is not available: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  #path(name: string): string {
    return join(this.tracefsPath, 'events', name, 'format');
  }
}

function isEventName(name: string): boolean {
  return /^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+$/.test(name);
}
