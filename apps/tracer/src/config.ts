import { defaultDataDirectory, IntSetting, SwitchSetting, TextSetting } from '@tracer/service-kit';

const port = (what: string) => ({ min: 1, max: 65_535, description: `port of ${what}` });

/** What `tracer up` is told; every other variable goes to the apps as it is. */
export class SuiteConfig {
  @TextSetting({ env: 'TRACER_HOST', flag: 'host', description: 'address that the gateway listens on' })
  host = '127.0.0.1';

  @IntSetting({ env: 'TRACER_PORT', flag: 'port', ...port('the gateway') })
  port = 8080;

  @IntSetting({ env: 'TRACER_NODE_PORT', flag: 'node-port', ...port('the node agent') })
  nodePort = 8081;

  @IntSetting({ env: 'TRACER_INDEXER_PORT', flag: 'indexer-port', ...port('the trace-file indexer') })
  indexerPort = 8082;

  @IntSetting({ env: 'TRACER_SPAN_API_PORT', flag: 'span-api-port', ...port('the span store') })
  spanApiPort = 8263;

  @TextSetting({ env: 'TRACE_DIR', flag: 'trace-dir', description: 'directory of the trace files' })
  traceDirectory = './traces';

  @TextSetting({ env: 'TRACER_DATA_DIR', flag: 'data-dir', description: 'directory of the database and the indexes' })
  dataDirectory = defaultDataDirectory(process.env);

  @TextSetting({
    env: 'DATABASE_URL',
    flag: 'database-url',
    description: 'PostgreSQL to use instead of the embedded one',
  })
  databaseUrl?: string;

  @IntSetting({
    env: 'TRACER_STOP_DEADLINE_MS',
    min: 0,
    max: 600_000,
    description: 'how long each app may take to stop, in ms',
  })
  stopDeadlineMs = 10_000;

  @SwitchSetting({
    env: 'TRACER_LOG_JSON',
    flag: 'log-json',
    description: 'print the JSON lines of the apps as they are',
  })
  logJson = false;
}
