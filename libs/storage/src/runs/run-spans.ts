import { Attributes, Endpoint, Resource, Span, SpanKind } from '@tracer/span-model';
import { numberedTraceId } from '../numbered-trace-id.js';
import { runDurationUs, stepDurationsUs, type FinishedRun } from './run.js';

const NS = 1000n;

/**
 * A finished run as spans: one for the run and one for each step, which begins where the step before ended. Ids are places
 * in the run: 1 for the run, 2 and on for the steps.
 */
export function runSpans(run: FinishedRun): Span[] {
  const durations = stepDurationsUs(run);
  const service = `perf-tracer/${run.tag}`;
  const shared = {
    resource: new Resource(Attributes.of([['service.name', service]])),
    localEndpoint: Endpoint.of(service),
    kind: SpanKind.internal,
  };
  const traceId = numberedTraceId('run', run.seq);
  const root = Object.assign(new Span('otlp', traceId, spanId(1)), shared, {
    name: run.tag === '' ? 'run' : run.tag,
    startNs: BigInt(run.startUs) * NS,
    // Negative when a client said that it ended before it began.
    durationNs: BigInt(run.endUs - run.startUs) * NS,
    attributes: Attributes.of([
      ['perf.run', BigInt(run.seq)],
      ['perf.trace_tag', run.tag],
      ...(run.id === null ? [] : [['perf.trace_id', run.id] as const]),
      ['perf.duration_seconds', runDurationUs(run) / 1_000_000],
    ]),
  });
  const steps = run.steps.map(({ name, atUs, tracked }, index) =>
    Object.assign(new Span('otlp', traceId, spanId(index + 2)), shared, {
      parentId: root.id,
      name: name === '' ? 'step' : name,
      startNs: BigInt(atUs - (durations[index] ?? 0)) * NS,
      durationNs: BigInt(durations[index] ?? 0) * NS,
      attributes: Attributes.of([['perf.track_duration', tracked]]),
    }),
  );
  return [root, ...steps];
}

const spanId = (number: number): string => number.toString(16).padStart(16, '0');
