import { TracerError } from '@tracer/base';
import {
  HASH_REFERENCES,
  hashText,
  numberOf,
  sameNumber,
  type ArgValue,
  type HashKind,
  type NumberField,
  type TextField,
  type TraceEvent,
} from './trace-event.js';
import type { Definitions } from './definitions.js';

export const OPERATORS = ['=', '!=', '>=', '<=', '>', '<', 'in'] as const;
export type Operator = (typeof OPERATORS)[number];
export type Operand = string | number | boolean;

/** `name` or `cat` is one of `values` (exact, case-sensitive), or with `negated` present and none of them. */
export interface TextTerm {
  readonly kind: 'text';
  readonly field: TextField;
  readonly values: ReadonlySet<string>;
  readonly negated: boolean;
}

/** `field op value`, compared as doubles; `in` is "equals one of". An absent field matches only with `orAbsent`. */
export interface NumberTerm {
  readonly kind: 'number';
  readonly field: NumberField;
  readonly op: Operator;
  /** One value, or with `in` any number of them. */
  readonly values: readonly number[];
  readonly orAbsent: boolean;
}

/**
 * The time window, both ends inclusive: `minUs <= ts <= maxUs`; with `overlap` also events that began before `minUs`
 * and reach it, `ts + (dur ?? 0) >= minUs`. A record without `ts` never matches.
 */
export interface TimeTerm {
  readonly kind: 'time';
  readonly minUs: number;
  readonly maxUs: number;
  readonly overlap: boolean;
}

/** `ph`, which is a text in most dialects and a number in the newest. */
export interface PhaseTerm {
  readonly kind: 'ph';
  readonly op: Operator;
  readonly operands: readonly Operand[];
}

/** `args.<key>`: needs the line itself, so an index evaluates it on candidate lines only. */
export interface ArgTerm {
  readonly kind: 'arg';
  readonly key: string;
  readonly op: Operator;
  readonly operands: readonly Operand[];
  /** The text may also stand behind a hash of this kind; `boundFilter` looks the hashes up, file by file. */
  readonly resolves?: HashKind | undefined;
  /** Also matches when the hash under `key` is one of these. */
  readonly hash?: { readonly key: string; readonly accepted: ReadonlySet<string> } | undefined;
}

export type Term = TextTerm | NumberTerm | TimeTerm | PhaseTerm | ArgTerm;

/** One condition as a client writes it: `{"field": "dur", "op": ">=", "value": 500}`. */
export interface Condition {
  readonly field: string;
  readonly op: string;
  readonly value: unknown;
}

/**
 * A validated query: all terms must hold. Immutable. `matches` is the slow reference; an index compiles `terms` to loops
 * over columns and must select exactly the same events. Metadata records are never asked: they follow the metadata
 * policy of the selection.
 */
export class Filter {
  static readonly everything = new Filter([]);

  constructor(readonly terms: readonly Term[]) {}

  /** Whether it has no condition at all. */
  get isEmpty(): boolean {
    return this.terms.length === 0;
  }

  /** Whether a term needs the text of the line (`args.<key>`). */
  get needsArgs(): boolean {
    return this.terms.some((term) => term.kind === 'arg');
  }

  and(...terms: readonly Term[]): Filter {
    return new Filter([...this.terms, ...terms]);
  }

  matches(event: TraceEvent): boolean {
    for (const term of this.terms) if (!termMatches(term, event)) return false;
    return true;
  }
}

export function termMatches(term: Term, event: TraceEvent): boolean {
  switch (term.kind) {
    case 'text': {
      const text = event[term.field];
      return text !== undefined && term.values.has(text) !== term.negated;
    }
    case 'number': {
      const value = event[term.field];
      return value === undefined ? term.orAbsent : compareNumber(term.op, value, term.values);
    }
    case 'time':
      return timeMatches(term, event.ts, event.dur);
    case 'ph':
      return phaseMatches(term, event.ph);
    case 'arg':
      return argMatches(term, event.arg(term.key)) || hashMatches(term, event);
  }
}

function hashMatches({ hash }: ArgTerm, event: TraceEvent): boolean {
  const found = hash && hashText(event.arg(hash.key));
  return found !== undefined && hash?.accepted.has(found) === true;
}

function timeMatches(term: TimeTerm, ts: number | undefined, dur: number | undefined): boolean {
  if (ts === undefined || ts > term.maxUs) return false;
  return ts >= term.minUs || (term.overlap && ts + (dur ?? 0) >= term.minUs);
}

/** Exported for column loops: the meaning of an operator between doubles. */
export function compareNumber(op: Operator, value: number, operands: readonly number[]): boolean {
  const [operand = NaN] = operands;
  switch (op) {
    case '=':
      return value === operand;
    case '!=':
      return value !== operand;
    case '>=':
      return value >= operand;
    case '<=':
      return value <= operand;
    case '>':
      return value > operand;
    case '<':
      return value < operand;
    case 'in':
      return operands.includes(value);
  }
}

/** `ph` as the `ArgValue` it was, so that both kinds of field share one rule. */
function phaseMatches(term: PhaseTerm, ph: string | number | undefined): boolean {
  if (ph === undefined) return false;
  const value: ArgValue =
    typeof ph === 'string' ? { type: 'string', text: ph } : { type: 'number', value: ph, literal: String(ph) };
  return argMatches(term, value);
}

/**
 * Compares by the type of the operand: a number operand with numbers and with texts that read as numbers; a text operand
 * with texts by equality, and with numbers when it reads as one (that is how a 64-bit number is asked exactly); a
 * boolean operand with booleans. A missing or null value matches no operator, not even `!=`.
 */
export function argMatches(term: Pick<ArgTerm, 'op' | 'operands'>, value: ArgValue | undefined): boolean {
  if (value === undefined || value.type === 'null') return false;
  const { op, operands } = term;
  const [first] = operands;
  if (op === 'in') return operands.some((operand) => operandEquals(operand, value) === true);
  if (first === undefined) return false;
  if (op === '=' || op === '!=') {
    const equal = operandEquals(first, value);
    return equal !== undefined && equal === (op === '=');
  }
  const number = numericValue(value);
  return number !== undefined && typeof first === 'number' && compareNumber(op, number, [first]);
}

/** Undefined = the two cannot be compared: a number operand and a value that is no number. */
function operandEquals(operand: Operand, value: ArgValue): boolean | undefined {
  if (typeof operand === 'number') {
    const number = numericValue(value);
    return number === undefined ? undefined : number === operand;
  }
  if (typeof operand === 'boolean') return value.type === 'boolean' && value.value === operand;
  if (value.type === 'string') return value.text === operand;
  return value.type === 'number' && numberOf(operand) !== undefined && sameNumber(operand, value.literal);
}

function numericValue(value: ArgValue): number | undefined {
  if (value.type === 'number') return value.value;
  return value.type === 'string' ? numberOf(value.text) : undefined;
}

const FIELD_ALIASES = new Map([
  ['begin', 'ts'],
  ['duration', 'dur'],
]);
const FIELDS = 'name, cat, pid, tid, ts (begin), dur (duration), ph, fname, hostname or args.<key>';

/** Texts that stand in the event itself in the oldest dialect, and behind a hash in the others. */
const RESOLVED = new Map<string, HashKind>([
  ['fname', 'FH'],
  ['hostname', 'HH'],
]);

/**
 * Checks one condition of a client.
 *
 * @param where the parameter it came in, for the message (`filters[2]`)
 * @throws TracerError VALIDATION, naming the parameter and what was expected
 */
export function termOf(condition: Condition, where: string): Term {
  const { field, value } = condition;
  const op = operatorOf(condition.op, where);
  const operands = operandsOf(op, value, where);
  const name = FIELD_ALIASES.get(field) ?? field;
  switch (name) {
    case 'name':
    case 'cat':
      return textTerm(name, op, operands, where);
    case 'pid':
    case 'tid':
    case 'ts':
    case 'dur':
      return { kind: 'number', field: name, op, values: numbersOf(operands, where), orAbsent: false };
    case 'ph':
      return { kind: 'ph', op, operands: comparable(op, operands, where) };
    default:
      return argTerm(name, op, operands, where);
  }
}

function argTerm(field: string, op: Operator, operands: readonly Operand[], where: string): ArgTerm {
  const resolves = RESOLVED.get(field);
  if (resolves) return { kind: 'arg', key: field, op, operands: textsOf(field, op, operands, where), resolves };
  if (!field.startsWith('args.') || field === 'args.') {
    throw invalid(`${where}: unknown field "${field}"; expected ${FIELDS}`);
  }
  return { kind: 'arg', key: field.slice('args.'.length), op, operands: comparable(op, operands, where) };
}

function operatorOf(op: string, where: string): Operator {
  const known = OPERATORS.find((operator) => operator === op);
  if (known === undefined) throw invalid(`${where}: unknown operator "${op}"; expected one of ${OPERATORS.join(' ')}`);
  return known;
}

function operandsOf(op: Operator, value: unknown, where: string): Operand[] {
  if (op !== 'in') return [operandOf(value, where)];
  if (!Array.isArray(value)) throw invalid(`${where}: the operator in expects an array as value`);
  return value.map((item: unknown) => operandOf(item, where));
}

function operandOf(value: unknown, where: string): Operand {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(`${where}: the value must be a text, a number or a boolean`);
}

function textTerm(field: TextField, op: Operator, operands: readonly Operand[], where: string): TextTerm {
  return { kind: 'text', field, values: new Set(textsOf(field, op, operands, where)), negated: op === '!=' };
}

function textsOf(field: string, op: Operator, operands: readonly Operand[], where: string): string[] {
  if (op !== '=' && op !== '!=' && op !== 'in') {
    throw invalid(`${where}: ${field} is a text; expected the operator =, != or in, not ${op}`);
  }
  return operands.map((operand) => {
    if (typeof operand !== 'string') throw invalid(`${where}: ${field} expects a text, not ${String(operand)}`);
    return operand;
  });
}

function numbersOf(operands: readonly Operand[], where: string): number[] {
  return operands.map((operand) => {
    const number = typeof operand === 'string' ? numberOf(operand) : operand;
    if (typeof number !== 'number')
      throw invalid(`${where}: expected a plain decimal number, not "${String(operand)}"`);
    return number;
  });
}

/** Whether `boundFilter` has something to look up. */
export function needsDefinitions(filter: Filter): boolean {
  return filter.terms.some((term) => term.kind === 'arg' && term.resolves !== undefined);
}

/** The same question for one file, whose hashes stand for texts. */
export function boundFilter(filter: Filter, hashes: Definitions['hashes']): Filter {
  return new Filter(
    filter.terms.map((term) => (term.kind === 'arg' && term.resolves ? bound(term, term.resolves, hashes) : term)),
  );
}

function bound(term: ArgTerm, kind: HashKind, hashes: Definitions['hashes']): ArgTerm {
  const accepted = new Set<string>();
  for (const [hash, text] of hashes[kind]) if (argMatches(term, { type: 'string', text })) accepted.add(hash);
  return { ...term, hash: { key: HASH_REFERENCES[kind][0], accepted } };
}

/** What can be asked of a value whose type differs from record to record. */
function comparable(op: Operator, operands: readonly Operand[], where: string): readonly Operand[] {
  if (op !== '=' && op !== '!=' && op !== 'in') return numbersOf(operands, `${where}: operator ${op}`);
  for (const operand of operands) {
    // The double is not the number that the client wrote: say so instead of comparing with another one.
    if (typeof operand === 'number' && Number.isInteger(operand) && !Number.isSafeInteger(operand)) {
      throw invalid(
        `${where}: integers beyond 2^53 must be sent as a text ("${BigInt(operand)}…") to be compared exactly`,
      );
    }
  }
  return operands;
}

function invalid(message: string): TracerError {
  return new TracerError('VALIDATION', message);
}
