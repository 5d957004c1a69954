import type { TraceFileInfoDto, TraceFilesDto, TraceFileStatsDto, TraceInfoDto, TraceStatsDto } from '@tracer/dtos';
import { boundsOf, type FileAccess } from '../catalogue/file-access.js';
import type { FileCatalogue } from '../catalogue/file-catalogue.js';
import { boundsDto, fileDto, infoDto, statsDto, unreadableInfoDto, unreadableStatsDto } from './file-answers.js';

/** What is known of the files themselves. */
export class FilesService {
  constructor(
    private readonly catalogue: FileCatalogue,
    private readonly access: FileAccess,
  ) {}

  async list(): Promise<TraceFilesDto> {
    const files = (await this.catalogue.files()).map(fileDto);
    return { files, count: files.length };
  }

  async info(key: string, wait: boolean): Promise<TraceFileInfoDto> {
    const file = await this.access.file(key);
    const [trace] = await this.access.openAll([file], wait);
    return trace ? infoDto(file, trace.reader) : unreadableInfoDto(file, file.problem ?? 'the file cannot be read');
  }

  async overview(wait: boolean): Promise<TraceInfoDto> {
    const known = await this.catalogue.files();
    const bounds = boundsOf(await this.access.openAll(known, wait));
    const ignored: Record<string, number> = {};
    for (const { reason } of this.catalogue.ignored) ignored[reason] = (ignored[reason] ?? 0) + 1;
    return {
      file_count: known.length,
      ...(bounds ? { time_range: { min_timestamp_us: bounds.minUs, max_timestamp_us: bounds.maxUs } } : {}),
      files: known.map(boundsDto),
      ignored,
    };
  }

  async stats(wait: boolean): Promise<TraceStatsDto> {
    const known = await this.catalogue.files();
    const opened = new Map((await this.access.openAll(known, wait)).map(({ file, reader }) => [file, reader]));
    const files: TraceFileStatsDto[] = [];
    for (const file of known) {
      const reader = opened.get(file);
      if (reader) files.push(statsDto(file.path, reader.summary));
      else files.push(unreadableStatsDto(file.path, file.problem ?? 'the file cannot be read'));
    }
    return {
      file_count: files.filter(({ success }) => success).length,
      total_events: files.reduce((sum, { total_events }) => sum + total_events, 0),
      skipped_small_files: 0,
      files,
    };
  }
}
