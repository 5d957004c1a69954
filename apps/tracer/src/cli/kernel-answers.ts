/** The parts of the gateway's answers that the terminal shows; the whole of them is in openapi/tracer-svc.json. */
import type { ClusterContainerDto, ClusterHookDto, ClusterSummaryDto, SessionDto } from '@tracer/dtos';

export type Pods = Readonly<
  Record<string, { readonly Containers: Readonly<Record<string, ClusterContainerDto>>; readonly namespace?: string }>
>;
export type Hooks = Readonly<
  Record<string, { readonly Tracers: Readonly<Record<string, ClusterHookDto>>; readonly problem?: string }>
>;
export type Sessions = Readonly<Record<string, SessionDto>>;
export type Summary = ClusterSummaryDto;
export type CallTotals = Summary['calls'][string];

/** `pod/container`, comma-separated. */
export function containersOf({ Containers }: SessionDto): string {
  return Object.entries(Containers)
    .flatMap(([pod, names]) => names.map((name) => `${pod}/${name}`))
    .join(', ');
}

/** Events that the kernel or an agent dropped, over all sessions. */
export function lostIn(sessions: Sessions): number {
  return Object.values(sessions).reduce((sum, { lost }) => sum + lost, 0);
}

/** `2,108 calls, ENOENT 930, EACCES 2`: the errors of one call, most frequent first. */
export function errorsShown(errors: Readonly<Record<string, number>>, most = 3): string {
  const sorted = Object.entries(errors).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, most).map(([name, count]) => `${name} ${count}`);
  return [...shown, ...(sorted.length > most ? [`+${sorted.length - most} more`] : [])].join(', ');
}
