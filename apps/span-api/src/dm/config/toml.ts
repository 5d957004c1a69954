import { TracerError } from '@tracer/base';

export type TomlValue = string | number | bigint | boolean | readonly TomlValue[];

const BARE_KEY = /^[A-Za-z0-9_-]+/;
const INTEGER = /^[+-]?(0|[1-9](_?\d)*)$|^0x[0-9A-Fa-f](_?[0-9A-Fa-f])*$|^0o[0-7](_?[0-7])*$|^0b[01](_?[01])*$/;
const FLOAT = /^[+-]?((0|[1-9](_?\d)*)(\.\d(_?\d)*)?([eE][+-]?\d(_?\d)*)?|inf|nan)$/;
const TIME = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$|^\d\d:\d\d(:\d\d.*)?$/;
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

/**
 * Reads the part of TOML 1.0 that flat configuration files use: comments, tables, bare, quoted and dotted keys, strings of
 * one line, numbers, booleans, times (as text) and arrays of one line. Values by their dotted path, `table.key`.
 * Throws CONFIG_INVALID naming the line of what is wrong or not understood: nothing is read by guess.
 */
export function parseToml(text: string): Map<string, TomlValue> {
  const values = new Map<string, TomlValue>();
  let table = '';
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const scanner = new Scanner(line, index + 1);
    if (scanner.atEnd()) continue;
    if (scanner.take('[')) {
      const isArray = scanner.take('[');
      table = scanner.key();
      scanner.expect(isArray ? ']]' : ']');
      table = `${table}.`;
    } else {
      const key = table + scanner.key();
      scanner.expect('=');
      if (values.has(key)) throw scanner.wrong(`${key} is there twice`);
      values.set(key, scanner.value());
    }
    if (!scanner.atEnd()) throw scanner.wrong('there is more than one thing on the line');
  }
  return values;
}

/** Goes through one line. */
class Scanner {
  #rest: string;

  constructor(
    line: string,
    private readonly number: number,
  ) {
    this.#rest = line.trimStart();
  }

  wrong(reason: string): TracerError {
    return new TracerError('CONFIG_INVALID', `line ${this.number}: ${reason}`);
  }

  /** Nothing is left, or a comment. */
  atEnd(): boolean {
    return this.#rest === '' || this.#rest.startsWith('#');
  }

  take(text: string): boolean {
    if (!this.#rest.startsWith(text)) return false;
    this.#skip(text.length);
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.wrong(`expected "${text}"`);
  }

  /** A key, its parts joined by dots. */
  key(): string {
    const parts: string[] = [];
    do parts.push(this.#keyPart());
    while (this.take('.'));
    return parts.join('.');
  }

  value(): TomlValue {
    if (this.#rest.startsWith('"""') || this.#rest.startsWith("'''"))
      throw this.wrong('strings of several lines are not read');
    if (this.#rest.startsWith('"') || this.#rest.startsWith("'")) return this.#string();
    if (this.take('[')) return this.#array();
    if (this.#rest.startsWith('{')) throw this.wrong('inline tables are not read');
    return this.#scalar();
  }

  #keyPart(): string {
    if (this.#rest.startsWith('"') || this.#rest.startsWith("'")) return this.#string();
    const [key] = BARE_KEY.exec(this.#rest) ?? [];
    if (key === undefined) throw this.wrong('expected a key');
    this.#skip(key.length);
    return key;
  }

  #array(): TomlValue[] {
    const elements: TomlValue[] = [];
    while (!this.take(']')) {
      if (this.atEnd()) throw this.wrong('arrays of several lines are not read');
      elements.push(this.value());
      if (!this.take(',') && !this.#rest.startsWith(']')) throw this.wrong('expected "," or "]"');
    }
    return elements;
  }

  #string(): string {
    const literal = /^'([^']*)'/.exec(this.#rest);
    const [whole, body] = literal ?? /^"((?:[^"\\]|\\.)*)"/.exec(this.#rest) ?? [];
    if (whole === undefined || body === undefined) throw this.wrong('the string does not end');
    this.#skip(whole.length);
    return literal ? body : this.#unescaped(body);
  }

  #unescaped(body: string): string {
    return body.replace(
      /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g,
      (_, short?: string, long?: string, one?: string) => {
        if (one !== undefined) {
          const character = ESCAPES[one];
          if (character === undefined) throw this.wrong(`unknown escape "\\${one}"`);
          return character;
        }
        const code = Number.parseInt(short ?? long ?? '', 16);
        if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw this.wrong('an escape is no character');
        return String.fromCodePoint(code);
      },
    );
  }

  #scalar(): TomlValue {
    const [word = ''] = /^[^\s,\]#]+( \d\d:[\d:.Z+-]+)?/.exec(this.#rest) ?? [];
    if (word === '') throw this.wrong('expected a value');
    this.#skip(word.length);
    if (word === 'true' || word === 'false') return word === 'true';
    const bare = word.replaceAll('_', '');
    if (INTEGER.test(word))
      return /^[+-]/.test(bare) && bare.startsWith('-') ? -BigInt(bare.slice(1)) : BigInt(bare.replace('+', ''));
    if (FLOAT.test(word)) return Number(bare.replace('inf', 'Infinity').replace('nan', 'NaN'));
    if (TIME.test(word)) return word;
    throw this.wrong(`"${word}" is no value`);
  }

  #skip(length: number): void {
    this.#rest = this.#rest.slice(length).trimStart();
  }
}
