import { LISTEN_ADDRESS, ListenConfig, TextSetting } from '@tracer/service-kit';

export class SpanApiConfig extends ListenConfig {
  @TextSetting({ env: 'TRACER_SPAN_API_ADDRESS', flag: 'address', description: 'where to listen', ...LISTEN_ADDRESS })
  address = '127.0.0.1:8263';

  @TextSetting({
    env: 'DATABASE_URL',
    flag: 'database-url',
    pattern: /^postgres(ql)?:\/\//,
    expected: 'a postgres:// URL',
    description: 'PostgreSQL 15 or later that keeps spans, events and runs',
  })
  databaseUrl = 'postgres://tracer@localhost/tracer';
}
