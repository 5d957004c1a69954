import { TracerError } from '@tracer/base';

/** `damaged`: what was read has another checksum; `gone`: it was removed, or another index has taken its place. */
export type IndexLoss = 'damaged' | 'gone';

/**
 * An index that was good when it was opened and cannot be read any more. The trace file may be as good as ever: opened
 * anew it can be asked again.
 */
export class IndexLost extends TracerError {
  constructor(
    readonly loss: IndexLoss,
    message: string,
    options?: ErrorOptions,
  ) {
    super('STORAGE_FAILED', message, options);
  }
}
