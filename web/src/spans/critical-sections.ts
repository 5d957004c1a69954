import type { CriticalSection } from './critical-path.js';

/** The sections of the span at a place, in order; undefined when it has none. */
export type SectionsOf = (place: number) => readonly CriticalSection[] | undefined;

/** Groups a path by span, for drawing rows one at a time. */
export function sectionsByPlace(path: readonly CriticalSection[]): SectionsOf {
  const byPlace = new Map<number, CriticalSection[]>();
  for (const section of path) {
    const sections = byPlace.get(section.place);
    if (sections === undefined) byPlace.set(section.place, [section]);
    else sections.push(section);
  }
  return (place) => byPlace.get(place);
}
