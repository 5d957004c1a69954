import { usageError } from './exit-codes.js';
import { didYouMean } from './nearest.js';
import { byteCount, durationMs, momentUs, wholeNumber } from './quantities.js';

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** A command line that was understood, read by name. The readers name the option in their errors. */
export class Given {
  constructor(
    private readonly values: Values,
    readonly operands: readonly string[],
    /** The words after `--`. */
    readonly rest: readonly string[] = [],
  ) {}

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  texts(name: string): string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  }

  count(name: string, min = 0): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : wholeNumber(text, `--${name}`, min);
  }

  bytes(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : byteCount(text, `--${name}`);
  }

  durationMs(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : durationMs(text, `--${name}`);
  }

  momentUs(name: string, nowMs: number): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : momentUs(text, `--${name}`, nowMs);
  }

  /** One of several words. */
  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    const text = this.text(name);
    const word = words.find((one) => one === text);
    if (text !== undefined && word === undefined)
      throw usageError(`--${name}: "${text}" is none of ${words.join(', ')}${didYouMean(text, words)}`);
    return word;
  }
}
