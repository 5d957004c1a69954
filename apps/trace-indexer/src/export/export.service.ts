import type { LaneFact } from '@tracer/trace-index';
import type { FileAccess } from '../catalogue/file-access.js';
import type { EventStream } from '../events/event-stream.js';
import type { StreamHead } from '../http/answer-stream.js';
import type { Selection } from '../http/event-parameters.js';
import { FORMATS, type ExportFormat } from './export-formats.js';

export interface ExportQuery extends Selection {
  readonly format: ExportFormat;
  readonly limit: number | undefined;
  readonly resolve: boolean;
}

/** Selections as files of other tools. */
export class ExportService {
  constructor(
    private readonly access: FileAccess,
    private readonly stream: EventStream,
  ) {}

  head({ format, files }: ExportQuery): StreamHead {
    const { contentType, extension } = FORMATS[format];
    const name = `${plainName(files)}.${extension}`;
    return { contentType, headers: { 'Content-Disposition': `attachment; filename="${name}"` } };
  }

  body(query: ExportQuery, signal: AbortSignal): AsyncIterable<Buffer> {
    const { write, metadata } = FORMATS[query.format];
    return write({
      title: plainName(query.files),
      blocks: () => this.stream.blocks({ ...query, metadata }, signal),
      laneFacts: () => this.#laneFacts(query, signal),
    });
  }

  async #laneFacts({ files, wait }: ExportQuery, signal: AbortSignal): Promise<LaneFact[]> {
    const facts: LaneFact[] = [];
    for await (const { reader } of await this.access.open(files, wait)) {
      facts.push(...(await reader.definitions(signal)).lanes);
    }
    return facts;
  }
}

/** A name that every file system and header takes. */
function plainName(files: readonly string[]): string {
  const [file] = files.length === 1 ? files : [];
  const base = file?.split('/').at(-1) ?? 'traces';
  return base.replace(/\.pfw(\.gz)?$/, '').replace(/[^\w.-]/g, '_') || 'traces';
}
