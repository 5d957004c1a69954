import { afterEach, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { DnsNodes, type Resolve } from './dns-nodes.js';

let source: DnsNodes | undefined;

afterEach(() => source?.close());

const v4 = (address: string): { address: string; family: number } => ({ address, family: 4 });
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
};

describe('DnsNodes', () => {
  it('follows the addresses and keeps the last good list while the name server fails', async () => {
    const answers: (() => ReturnType<Resolve>)[] = [
      () => Promise.reject(new Error('EAI_AGAIN')),
      () => Promise.resolve([v4('10.0.0.2'), v4('10.0.0.1'), v4('10.0.0.2')]),
      () => Promise.resolve([v4('10.0.0.1'), v4('10.0.0.2')]),
      () => Promise.resolve([]),
      () => Promise.reject(new Error('SERVFAIL')),
      () => Promise.resolve([v4('10.0.0.3'), { address: 'fd00::1', family: 6 }]),
    ];
    const asked: string[] = [];
    const errors: (string | undefined)[] = [];
    const lists: unknown[] = [];
    const dns = new DnsNodes({
      host: 'agents.example',
      port: 8081,
      intervalMs: 1,
      log: silent,
      now: () => 42,
      resolve: (host) => {
        asked.push(host);
        errors.push(dns.state().lastError);
        return (answers[asked.length - 1] ?? (() => Promise.reject(new Error('late'))))();
      },
    });
    source = dns;
    dns.start((nodes) => lists.push(nodes.map(({ name, url }) => `${name} ${String(url)}`)));
    await until(() => asked.length > 6);
    expect(asked[0]).toBe('agents.example');
    expect(errors.slice(0, 7)).toEqual([
      'not resolved yet',
      'EAI_AGAIN',
      undefined,
      undefined,
      'agents.example has no address',
      'SERVFAIL',
      undefined,
    ]);
    expect(lists).toEqual([
      ['10.0.0.1:8081 http://10.0.0.1:8081', '10.0.0.2:8081 http://10.0.0.2:8081'],
      ['10.0.0.3:8081 http://10.0.0.3:8081', '[fd00::1]:8081 http://[fd00::1]:8081'],
    ]);
    await until(() => dns.state().lastError === 'late');
    expect(dns.state()).toMatchObject({ kind: 'dns', target: 'agents.example:8081', nodes: 2, lastGoodAtMs: 42 });
  });

  it('says nothing any more once closed', async () => {
    let answer: (addresses: { address: string; family: number }[]) => void = () => undefined;
    source = new DnsNodes({
      host: 'h',
      port: 1,
      intervalMs: 1,
      log: silent,
      resolve: () => new Promise((resolve) => (answer = resolve)),
    });
    const lists: unknown[] = [];
    source.start((nodes) => lists.push(nodes));
    await source.close();
    answer([v4('1.1.1.1')]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(lists).toEqual([]);
  });
});
