import { resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { IntSetting, ListenConfig, SwitchSetting, TextSetting } from '@tracer/service-kit';

export class TraceIndexerConfig extends ListenConfig {
  @TextSetting({
    env: ['TRACE_DIR', 'TRACER_TRACE_DIR'],
    flag: 'directory',
    short: 'd',
    description: 'directory of trace files (*.pfw, *.pfw.gz), with its sub-directories',
  })
  directory = './traces';

  @TextSetting({
    env: 'TRACER_INDEXER_BIND',
    flag: 'bind',
    short: 'b',
    pattern: /^(\[?[0-9a-fA-F:.]+\]?|[\w.-]+)$/,
    expected: 'a host name or an address',
    description: 'address to listen on; 0.0.0.0 is every interface',
  })
  bind = '127.0.0.1';

  @IntSetting({
    env: 'TRACER_INDEXER_PORT',
    flag: 'port',
    short: 'p',
    min: 0,
    max: 65_535,
    description: 'port to listen on',
  })
  port = 8082;

  @TextSetting({
    env: 'TRACER_INDEX_DIR',
    flag: 'index-dir',
    description: 'where indexes are kept; beside the trace files when not given',
  })
  indexDirectory: string | undefined = undefined;

  @IntSetting({
    env: 'TRACER_EXECUTOR_THREADS',
    flag: 'executor-threads',
    min: 1,
    max: 1024,
    description: 'threads that decode, and files that are indexed at a time',
  })
  executorThreads = availableParallelism();

  @IntSetting({
    env: 'TRACER_INDEX_CACHE_MB',
    flag: 'cache-mb',
    min: 0,
    max: 1_000_000,
    description: 'decoded text that is kept in memory for the next queries, in MB',
  })
  cacheMb = 128;

  @IntSetting({
    env: 'TRACER_INDEXER_RESCAN_MS',
    flag: 'rescan-ms',
    min: 100,
    max: 3_600_000,
    description: 'how often the directory is looked through, beside being watched, in ms',
  })
  rescanMs = 5000;

  @SwitchSetting({
    env: 'TRACER_INDEX_ONLY',
    flag: 'index',
    description: 'only build the indexes that are missing, show the progress, and exit',
  })
  indexOnly = false;

  get address(): string {
    return `${this.bind.includes(':') && !this.bind.startsWith('[') ? `[${this.bind}]` : this.bind}:${this.port}`;
  }

  get root(): string {
    return resolve(this.directory);
  }
}
