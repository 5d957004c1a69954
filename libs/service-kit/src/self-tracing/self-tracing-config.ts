import { IntSetting, TextSetting } from '../settings.js';
import { TrustConfig } from '../trust/trust-config.js';

/** Whether and where a service sends spans of its own requests. */
export abstract class SelfTracingConfig extends TrustConfig {
  @TextSetting({
    env: 'TRACER_SELF_TRACING',
    flag: 'self-tracing',
    pattern: /^(https?:\/\/[^\s]+)?$/,
    expected: 'an http:// or https:// URL',
    description:
      'OTLP/HTTP receiver of spans of our own requests, such as http://localhost:8080/v1/traces; off when empty',
  })
  selfTracing = '';

  @TextSetting({
    env: 'TRACER_SELF_TRACING_TOKEN',
    secret: true,
    description: 'token with the role ingest, where the receiver asks for one',
  })
  selfTracingToken = '';

  @IntSetting({
    env: 'TRACER_SELF_TRACING_PERCENT',
    flag: 'self-tracing-percent',
    min: 0,
    max: 100,
    description: 'share of the requests that are recorded, in percent; those of a trace that is recorded always are',
  })
  selfTracingPercent = 100;
}
