import { describe, expect, it } from '@jest/globals';
import { parseStaticNodes, StaticNodes } from './static-nodes.js';

describe('parseStaticNodes', () => {
  it('reads named and bare addresses', () => {
    expect(parseStaticNodes(['a=http://10.0.0.1:8081', 'http://b.example:8081/', 'c=https://[::1]:1'])).toEqual([
      { name: 'a', url: 'http://10.0.0.1:8081' },
      { name: 'b.example:8081', url: 'http://b.example:8081' },
      { name: 'c', url: 'https://[::1]:1' },
    ]);
  });

  it('names every wrong entry at once', () => {
    const wrong = ['a=10.0.0.1:8081', 'ftp://x', 'b=http://x/path', '=http://x', 'c=http://x', 'c=http://y', 'd='];
    const message = (() => {
      try {
        return String(parseStaticNodes(wrong).length);
      } catch (error) {
        return String(error);
      }
    })();
    for (const entry of ['a=10.0.0.1:8081', 'ftp://x', 'b=http://x/path', '=http://x', '"c" is given twice', 'd='])
      expect(message).toContain(entry);
    expect(message).not.toContain('c=http://x');
  });
});

describe('StaticNodes', () => {
  it('is known at once and always fresh', async () => {
    const source = new StaticNodes([{ name: 'a', url: 'http://1' }], () => 5);
    const seen: unknown[] = [];
    source.start((nodes) => seen.push(nodes));
    expect(seen).toEqual([[{ name: 'a', url: 'http://1' }]]);
    expect(source.state()).toEqual({ kind: 'static', target: 'configuration', nodes: 1, lastGoodAtMs: 5 });
    await source.close();
  });
});
