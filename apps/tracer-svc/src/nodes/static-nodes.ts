import { TracerError } from '@tracer/base';
import type { FoundNode, NodeSource, SourceState } from './node-source.js';

/**
 * Reads `name=http://host:port` entries; a bare URL is named after its `host:port`.
 * Throws CONFIG_INVALID naming every wrong entry at once.
 */
export function parseStaticNodes(entries: readonly string[]): FoundNode[] {
  const nodes: FoundNode[] = [];
  const wrong: string[] = [];
  for (const entry of entries) {
    const node = parseEntry(entry);
    if (node === undefined) wrong.push(`"${entry}" is not name=http://host:port`);
    else if (nodes.some(({ name }) => name === node.name)) wrong.push(`"${node.name}" is given twice`);
    else nodes.push(node);
  }
  if (wrong.length > 0) throw new TracerError('CONFIG_INVALID', `wrong list of nodes: ${wrong.join('; ')}`);
  return nodes;
}

function parseEntry(entry: string): FoundNode | undefined {
  const [, given, address = ''] = /^(?:([^=/\s]+)=)?(.+)$/.exec(entry.trim()) ?? [];
  if (!URL.canParse(address)) return undefined;
  const { protocol, host, origin, pathname, search } = new URL(address);
  const plain = pathname === '/' && search === '' && host !== '';
  return plain && /^https?:$/.test(protocol) ? { name: given ?? host, url: origin } : undefined;
}

/** A list from the configuration: always true, never changes. */
export class StaticNodes implements NodeSource {
  constructor(
    private readonly nodes: readonly FoundNode[],
    private readonly now: () => number = Date.now,
  ) {}

  start(onChange: (nodes: readonly FoundNode[]) => void): void {
    onChange(this.nodes);
  }

  state(): SourceState {
    return { kind: 'static', target: 'configuration', nodes: this.nodes.length, lastGoodAtMs: this.now() };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
