import type { SessionDto, SessionSummaryDto } from '@tracer/dtos';
import type { SessionView, SummaryView } from './live-session.js';
import { processesByPod } from './session-processes.js';
import type { ContainerRef, RunCounts, RunRecord, SeenProcesses } from './session.js';

/** A session as the API shows it, published fields first and in the published order; with its processes when they are given. */
export function sessionDto(
  { record, running, printed }: SessionView,
  node: string,
  processes?: SeenProcesses,
): SessionDto {
  const { definition, state, file, run } = record;
  return {
    Id: definition.id,
    Context: definition.context,
    Node: node,
    Containers: namesByPod(definition.containers),
    TraceHook: definition.hook,
    TraceParams: [...definition.params],
    Running: running,
    Output: printed === undefined ? null : [...printed.output],
    Error: printed === undefined ? null : [...printed.errors],
    ...(definition.group === undefined ? {} : { Group: definition.group }),
    hookGroup: definition.hookGroup,
    state,
    ...(run.reason === undefined ? {} : { reason: run.reason }),
    ...countsDto(run.counts),
    ...timesDto(run),
    ...(file === undefined ? {} : { file }),
    limits: { ...definition.limits },
    ...(run.export === undefined ? {} : { export: run.export }),
    ...(processes === undefined ? {} : { processes: processesByPod(definition.containers, processes) }),
  };
}

export function summaryDto({ record, summary }: SummaryView, node: string): SessionSummaryDto {
  const { definition, state, run } = record;
  return {
    Id: definition.id,
    Node: node,
    state,
    events: run.counts.events,
    lost: run.counts.lost,
    ...(run.asOfUs === undefined || run.stoppedAtUs !== undefined ? {} : { asOf: run.asOfUs }),
    calls: Object.fromEntries(
      summary.calls.map(({ name, meanNs, ...totals }) => [name, { ...totals, meanNs: Math.round(meanNs) }]),
    ),
    counters: { ...summary.counters },
  };
}

function namesByPod(containers: readonly ContainerRef[]): Record<string, string[]> {
  const byPod = new Map<string, string[]>();
  for (const { key, container } of containers) byPod.set(key, [...(byPod.get(key) ?? []), container]);
  return Object.fromEntries(byPod);
}

function countsDto(
  counts: RunCounts,
): Pick<SessionDto, 'events' | 'lost' | 'lostByCpu' | 'unpaired' | 'bytes' | 'tasks'> {
  const { events, lost, lostByCpu, unpaired, bytes, tasks } = counts;
  return {
    events,
    lost,
    ...(lostByCpu === undefined ? {} : { lostByCpu: { ...lostByCpu } }),
    ...(unpaired === undefined ? {} : { unpaired }),
    bytes,
    tasks,
  };
}

function timesDto({ startedAtUs, stoppedAtUs }: RunRecord): Pick<SessionDto, 'startedAt' | 'stoppedAt'> {
  return {
    ...(startedAtUs === undefined ? {} : { startedAt: startedAtUs }),
    ...(stoppedAtUs === undefined ? {} : { stoppedAt: stoppedAtUs }),
  };
}
