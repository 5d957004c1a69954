import { TracerError } from '@tracer/base';
import type { Part } from './merge-maps.js';
import type { NodeResult, Refusal } from './node-result.js';

/** Why an answer is not the whole truth about one node. */
export interface Warning {
  readonly node: string;
  readonly reason: string;
}

/** How many nodes answered at all, of how many known ones, and what is missing. */
export interface Coverage {
  readonly answered: number;
  readonly known: number;
  readonly warnings: readonly Warning[];
}

export type Verdict =
  | { readonly parts: readonly Part[]; readonly refusal?: never; readonly failure?: never }
  | { readonly parts?: never; readonly refusal: Refusal & { readonly node: string }; readonly failure?: never }
  | { readonly parts?: never; readonly refusal?: never; readonly failure: TracerError };

export function coverageOf(results: readonly NodeResult[]): Coverage {
  const warnings = results.flatMap((result): Warning[] => {
    if (result.kind === 'silence') return [{ node: result.node, reason: result.reason }];
    if (result.kind !== 'refusal') return [];
    const { status, code, message } = result.refusal;
    return [{ node: result.node, reason: `${status}${code ? ` ${code}` : ''} ${message}` }];
  });
  return { answered: results.filter(({ kind }) => kind !== 'silence').length, known: results.length, warnings };
}

/**
 * One outcome for the whole cluster: one node that did it is enough. Otherwise the first refusal in node order speaks for
 * all, and one that tells more than "not on this node" goes first. Without any answer it fails with NODES_UNREACHABLE.
 */
export function verdictOf(results: readonly NodeResult[]): Verdict {
  const parts = results.flatMap((result) => (result.kind === 'value' ? [result] : []));
  if (parts.length > 0) return { parts };
  for (const kind of ['refusal', 'elsewhere'] as const)
    for (const result of results)
      if (result.kind === kind) return { refusal: { node: result.node, ...result.refusal } };
  return { failure: new TracerError('NODES_UNREACHABLE', unreachable(results)) };
}

/** The published text, and the reasons where there are nodes to have some. */
function unreachable(results: readonly NodeResult[]): string {
  const reasons = results.map((result) => `${result.node}: ${result.kind === 'silence' ? result.reason : ''}`);
  return `Connection to tracers failed${reasons.length === 0 ? '' : ` (${listed(reasons, 1_000)})`}`;
}

/**
 * Header fields that say how complete an answer is: `X-Tracer-Nodes: 7/8` and, when something is missing,
 * `X-Tracer-Warnings: node: reason; node: reason`. Only printable ASCII, bounded in size however many nodes there are.
 */
export function coverageHeaders({ answered, known, warnings }: Coverage): Record<string, string> {
  const shown = warnings.map(({ node, reason }) => headerSafe(`${node}: ${reason}`));
  return {
    'X-Tracer-Nodes': `${answered}/${known}`,
    ...(shown.length > 0 ? { 'X-Tracer-Warnings': listed(shown, 3_000) } : {}),
  };
}

/** The items joined by `; ` as far as they fit, and how many more there are. */
function listed(items: readonly string[], limit: number): string {
  let text = '';
  for (const [index, item] of items.entries()) {
    const next = index === 0 ? item.slice(0, limit) : `${text}; ${item}`;
    if (next.length > limit) return `${text}; and ${items.length - index} more`;
    text = next;
  }
  return text;
}

function headerSafe(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]+/g, '?')
    .replaceAll(';', ',')
    .slice(0, 300);
}
