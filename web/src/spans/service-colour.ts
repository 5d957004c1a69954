/** Hues that are told apart in both schemes; the style sheet has them as `.service-0` and so on. */
const COLOURS = 10;

/** The class of a service's colour: its place among the services of the trace, so that neighbours differ. */
export function colourClass(services: readonly string[], service: string): string {
  const at = services.indexOf(service);
  return at < 0 ? 'service-none' : `service-${at % COLOURS}`;
}
