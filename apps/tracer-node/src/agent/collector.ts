import { reasonOf, type Log } from '@tracer/base';
import { VERSION } from '@tracer/service-kit';
import type { TracerNodeConfig } from '../config.js';
import { searchCollector } from '../export/cluster-search.js';
import { collectorOf } from '../export/collector-url.js';
import { CLIENT_DEFAULTS, OtlpClient } from '../export/otlp-client.js';
import { OtlpExporter } from '../export/otlp-exporter.js';

export interface CollectorOptions {
  readonly config: Readonly<TracerNodeConfig>;
  readonly clusterEnv: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** Where the events go besides the trace files; `exporter` is undefined when nowhere. */
export interface OpenCollector {
  readonly url: string | undefined;
  readonly exporter: OtlpExporter | undefined;
}

/** Finds the collector of the configuration. Never throws: the agent traces without one, and says that it does. */
export async function openCollector({ config, clusterEnv, log }: CollectorOptions): Promise<OpenCollector> {
  const collector = collectorOf(config);
  if (collector.kind === 'none') return { url: undefined, exporter: undefined };
  const url = collector.kind === 'url' ? collector.url : await search(clusterEnv, log);
  if (url === undefined) return { url, exporter: undefined };
  if (collector.kind === 'url' && collector.note !== undefined) log.warn({ url }, collector.note);
  else log.info({ url }, 'events of sessions are sent to an OTLP collector');
  const client = new OtlpClient({ url, ...CLIENT_DEFAULTS });
  const { nodeName: node, otlpQueueBytes: queueBytes } = config;
  return { url, exporter: new OtlpExporter({ client, node, version: VERSION, queueBytes, log }) };
}

async function search(env: CollectorOptions['clusterEnv'], log: Log): Promise<string | undefined> {
  try {
    return await searchCollector(env);
  } catch (error) {
    log.warn(
      { reason: reasonOf(error) },
      'no Jaeger collector was found (--jaeger-endpoint auto); nothing is exported',
    );
    return undefined;
  }
}
