import type { FileProblem } from '../query/file-facts.js';
import type { FileWindow } from './file-window.js';

/** The text of a trace file in pieces, in order. The other members are valid once `chunks` has ended. */
export interface RawText {
  readonly problem: FileProblem | undefined;
  readonly members: number;
  /** Length of the text that may be served although there is a problem of kind `damaged`. */
  readonly verifiedBytes: number;
  readonly garbageBytes: number;
  chunks(): AsyncGenerator<Buffer, void, undefined>;
}

/** A file that is its own text. */
export class PlainText implements RawText {
  readonly problem = undefined;
  readonly members = 1;
  readonly garbageBytes = 0;
  verifiedBytes = 0;

  constructor(private readonly file: FileWindow) {}

  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const bytes = await this.file.read(this.verifiedBytes);
      if (bytes.length === 0) return;
      this.verifiedBytes += bytes.length;
      yield bytes;
    }
  }
}
