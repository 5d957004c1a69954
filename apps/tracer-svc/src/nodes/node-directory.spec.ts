import { beforeEach, describe, expect, it } from '@jest/globals';
import { NodeDirectory } from './node-directory.js';
import type { FoundNode, NodeSource, SourceKind } from './node-source.js';

class ManualNodes implements NodeSource {
  set: (nodes: readonly FoundNode[]) => void = () => undefined;

  constructor(private readonly kind: SourceKind) {}

  start(onChange: (nodes: readonly FoundNode[]) => void): void {
    this.set = onChange;
  }
  state(): ReturnType<NodeSource['state']> {
    return { kind: this.kind, target: 'test', nodes: 0 };
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

const said: string[] = [];
let nowMs = 1000;
const log = {
  info: (facts: object, message: string) => said.push(`${message} ${JSON.stringify(facts)}`),
  warn: (facts: object, message: string) => said.push(`${message} ${JSON.stringify(facts)}`),
  error: () => undefined,
};

beforeEach(() => {
  said.length = 0;
  nowMs = 1000;
});

function directoryOf(...kinds: SourceKind[]): { directory: NodeDirectory; sources: ManualNodes[] } {
  const sources = kinds.map((kind) => new ManualNodes(kind));
  const directory = new NodeDirectory(sources, log, () => nowMs);
  directory.start();
  return { directory, sources };
}

describe('NodeDirectory', () => {
  it('unites its sources by address and keeps names unique', () => {
    const { directory, sources } = directoryOf('static', 'kubernetes');
    sources[0]?.set([
      { name: 'b', url: 'http://1' },
      { name: 'a', url: 'http://2' },
    ]);
    sources[1]?.set([
      { name: 'worker-1', url: 'http://2' },
      { name: 'b', url: 'http://3' },
      { name: 'worker-2', absence: 'the pod is Pending' },
    ]);
    expect(directory.nodes()).toEqual([
      { name: 'a', url: 'http://2' },
      { name: 'b', url: 'http://1' },
      { name: 'b@kubernetes', url: 'http://3' },
      { name: 'worker-2', absence: 'the pod is Pending' },
    ]);
  });

  it('remembers how a node behaved while its address stays', () => {
    const { directory, sources } = directoryOf('static');
    const node = { name: 'a', url: 'http://1' };
    sources[0]?.set([node]);
    directory.observe(node, { latencyMs: 3 });
    directory.observe(node, { error: 'no answer' });
    sources[0]?.set([node, { name: 'b', url: 'http://2' }]);
    expect(directory.states()).toEqual([
      { ...node, condition: 'failing', lastSeenAtMs: 1000, latencyMs: 3, lastError: 'no answer', lastErrorAtMs: 1000 },
      { name: 'b', url: 'http://2', condition: 'unknown' },
    ]);
    sources[0]?.set([{ name: 'a', url: 'http://9' }]);
    expect(directory.states()).toEqual([{ name: 'a', url: 'http://9', condition: 'unknown' }]);
  });

  it('logs when a node begins to fail and when it answers again, not each time', () => {
    const { directory, sources } = directoryOf('static');
    const node = { name: 'a', url: 'http://1' };
    sources[0]?.set([node]);
    for (const seen of [{ latencyMs: 1 }, { error: 'x' }, { error: 'x' }, { latencyMs: 1 }, { latencyMs: 1 }])
      directory.observe(node, seen);
    expect(said).toEqual([
      'nodes found {"nodes":["a"]}',
      'a node does not answer {"node":"a","url":"http://1","reason":"x"}',
      'a node answers again {"node":"a","url":"http://1"}',
    ]);
  });

  it('waits quietly for a node that starts, and warns when it never came', () => {
    const { directory, sources } = directoryOf('static');
    const [slow, dead] = [
      { name: 'slow', url: 'http://1' },
      { name: 'dead', url: 'http://2' },
    ];
    sources[0]?.set([slow, dead]);
    said.length = 0;
    for (; nowMs < 19_000; nowMs += 1000)
      for (const node of [slow, dead]) directory.observe(node, { error: 'refused' });
    expect(directory.states().map(({ condition }) => condition)).toEqual(['failing', 'failing']);
    directory.observe(slow, { latencyMs: 1 });
    expect(said).toEqual([]);
    nowMs = 21_001;
    for (const node of [slow, dead, slow, dead]) directory.observe(node, { error: 'refused' });
    expect(said).toEqual([
      'a node does not answer {"node":"slow","url":"http://1","reason":"refused"}',
      'a node does not answer {"node":"dead","url":"http://2","reason":"refused"}',
    ]);
  });

  it('shows a node that lost its address as absent', () => {
    const { directory, sources } = directoryOf('kubernetes');
    sources[0]?.set([{ name: 'a', absence: 'the pod is not ready' }]);
    expect(directory.states()).toEqual([{ name: 'a', absence: 'the pod is not ready', condition: 'absent' }]);
  });
});
