import { withoutControls } from '../control-characters.js';
import { tableLines, type Column } from './table.js';

/** What is written to: a terminal, a pipe, a test. */
export interface Sink {
  write(piece: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Standard output for results, standard error for what is said about them. Plain text unless it is a terminal. */
export class Output {
  constructor(
    readonly out: Sink,
    readonly err: Sink,
    /** `--json`: results as the API gave them. */
    readonly json: boolean,
    private readonly colours: boolean,
  ) {}

  get isTerminal(): boolean {
    return this.out.isTTY === true;
  }

  /** Columns of the terminal; undefined elsewhere. */
  get width(): number | undefined {
    return this.isTerminal ? (this.out.columns ?? 80) : undefined;
  }

  line(text = ''): void {
    this.out.write(`${text}\n`);
  }

  /** One JSON document, indented for a terminal. */
  document(value: unknown): void {
    this.line(JSON.stringify(value, null, this.isTerminal ? 2 : undefined));
  }

  table<T>(columns: readonly Column<T>[], rows: readonly T[]): void {
    const [titles = '', ...lines] = tableLines(columns, rows, this.width);
    this.line(this.bold(titles));
    for (const line of lines) this.line(line);
  }

  /** About the result, not part of it. */
  note(text: string): void {
    this.err.write(`${withoutControls(text)}\n`);
  }

  /** What must not be overlooked. */
  warn(text: string): void {
    const shown = `WARNING: ${withoutControls(text)}`;
    this.err.write(this.colours && this.err.isTTY ? `\u001b[1;31m${shown}\u001b[0m\n` : `${shown}\n`);
  }

  bold(text: string): string {
    return this.isTerminal && this.colours ? `\u001b[1m${text}\u001b[0m` : text;
  }

  /** White on red. */
  alarm(text: string): string {
    return this.isTerminal && this.colours ? `\u001b[1;97;41m ${text} \u001b[0m` : text;
  }
}
