/** A comparison with an attribute, as the search takes it. */
export interface Condition {
  readonly key: string;
  readonly op: '=' | '!=' | '~' | '>' | '<';
  readonly value: string;
}

/** What was wrong with the line of conditions, and where. */
export interface ConditionProblem {
  readonly at: number;
  readonly message: string;
}

/**
 * Reads conditions as one types them: `http.method=GET, user.id != 7 or url ~ "a, b"`. Conditions beside each other must all
 * hold; `or` stands between alternatives, of which each has conditions of its own.
 *
 *     line       = conditions { 'or' conditions }
 *     conditions = condition { ( ',' | white space | 'and' ) condition }
 *     condition  = text op text
 *     op         = '=' | '!=' | '~' | '>' | '<'
 *     text       = '"' any character, '"' and '\' with a '\' before '"'  |  what has no white space, comma or operator
 */
export function parseConditions(line: string): { alternatives: Condition[][]; problem?: ConditionProblem } {
  const alternatives: Condition[][] = [];
  let conditions: Condition[] = [];
  const scanner = new Scanner(line);
  for (scanner.skip(BETWEEN); !scanner.isOver; scanner.skip(BETWEEN)) {
    if (conditions.length > 0 && scanner.skip(OR) !== '') {
      alternatives.push(conditions);
      conditions = [];
      scanner.skip(BETWEEN);
    } else if (conditions.length > 0 && scanner.skip(AND) !== '') scanner.skip(BETWEEN);
    const condition = conditionAt(scanner);
    if ('message' in condition) return { alternatives, problem: condition };
    conditions.push(condition);
  }
  if (conditions.length > 0) alternatives.push(conditions);
  return { alternatives };
}

const BETWEEN = /[\s,]*/y;
/** Not an attribute of this name, behind which an operator would stand. */
const OR = /or(?=[\s,]|$)(?!\s*(?:!=|[=~<>]))/iy;
const AND = /and(?=[\s,])(?!\s*(?:!=|[=~<>]))/iy;

function conditionAt(scanner: Scanner): Condition | ConditionProblem {
  const at = scanner.at;
  const key = scanner.text();
  if (key === undefined || key === '') return { at, message: 'the name of an attribute' };
  scanner.skip(/\s*/y);
  const op = scanner.skip(/!=|[=~<>]/y);
  if (op === '') return { at: scanner.at, message: `one of = != ~ > < after ${key}` };
  scanner.skip(/\s*/y);
  const value = scanner.text();
  if (value === undefined) return { at: scanner.at, message: `a value after ${key} ${op}` };
  return { key, op: op as Condition['op'], value };
}

class Scanner {
  at = 0;

  constructor(private readonly line: string) {}

  get isOver(): boolean {
    return this.at >= this.line.length;
  }

  /** What matches here, which is passed; a sticky expression. */
  skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ''] = pattern.exec(this.line) ?? [];
    this.at += found.length;
    return found;
  }

  /** A quoted or bare text; undefined when there is none or its quote does not end. */
  text(): string | undefined {
    if (this.line[this.at] !== '"') {
      const bare = this.skip(/[^\s,"=~<>!]+/y);
      return bare === '' ? undefined : bare;
    }
    const quoted = this.skip(/"(?:[^"\\]|\\.)*"/sy);
    return quoted === '' ? undefined : quoted.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
  }
}

const UNITS_US: Readonly<Record<string, number>> = {
  ns: 0.001,
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

/** `1.5ms`, `20 us`, `3s` as whole microseconds; a bare number is milliseconds. Undefined when it is no duration. */
export function parseDurationUs(text: string): number | undefined {
  const [, number = '', unit = 'ms'] = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)?\s*$/i.exec(text) ?? [];
  const factor = UNITS_US[unit.toLowerCase()];
  return number === '' || factor === undefined ? undefined : Math.round(Number(number) * factor);
}
