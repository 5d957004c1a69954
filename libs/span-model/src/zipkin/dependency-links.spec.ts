import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Endpoint } from '../endpoint.js';
import { Span, SpanKind } from '../span.js';
import { type DependencyLink, DependencyLinker, type LinkPart, linkPartOf } from './dependency-links.js';
import { decodeZipkinV2Json } from '../codecs/zipkin-v2-json.js';

const KINDS: Record<string, SpanKind> = { client: 3, server: 2, producer: 4, consumer: 5, local: 0, internal: 1 };
const TRACE = '00000000000000aa';
const hex = (n: number): string => n.toString(16).padStart(16, '0');

/** `3<1 client web>api !shared`: id 3 below 1, of kind client, in web, calling api; `!` failed, `shared`. */
function part(text: string): LinkPart {
  const match = /^(\d+)(?:<(\d+))? (\w+) ?(\w*)(?:>(\w+))?( !)?( shared)?$/.exec(text);
  if (match === null) throw new Error(`not a part: ${text}`);
  const [, id, parent, kind = '', local = '', remote, failed, shared] = match;
  return {
    traceId: TRACE,
    id: hex(Number(id)),
    parentId: parent === undefined ? undefined : hex(Number(parent)),
    kind: KINDS[kind] ?? 0,
    shared: shared !== undefined,
    localEndpoint: local === '' ? undefined : new Endpoint(local, undefined, undefined, 0),
    remoteServiceName: remote,
    failed: failed !== undefined,
  };
}

const links = (...parts: string[]): string[] => linksOf(parts.map(part)).map(show);
const linksOf = (parts: LinkPart[]): DependencyLink[] => {
  const linker = new DependencyLinker();
  linker.addTrace(parts);
  return linker.links();
};
const show = (link: DependencyLink): string =>
  `${link.parent}>${link.child} ${link.callCount}${link.errorCount > 0 ? ` !${link.errorCount}` : ''}`;

describe('DependencyLinker', () => {
  it.each([
    ['nothing', [], []],
    ['a local span', ['1 local web'], []],
    ['a root server whose caller is unknown', ['1 server web'], []],
    ['a root server whose caller is known', ['1 server web>app'], ['app>web 1']],
    ['a client at the end', ['1 client web>db'], ['web>db 1']],
    ['a client that does not know its server', ['1 client web'], []],
    ['a client and its server', ['1 client web>nickname', '2<1 server api'], ['web>api 1']],
    ['a client and its server under one id', ['1 client web>nickname', '1 server api shared'], ['web>api 1']],
    ['the flag forgotten', ['1 client web>nickname', '1 server api'], ['web>api 1']],
    [
      'a chain',
      ['1 server web>app', '2<1 client web>api', '3<2 server api', '4<3 client api>db'],
      ['api>db 1', 'app>web 1', 'web>api 1'],
    ],
    ['local spans in between', ['1 client web', '2<1 local web', '3<2 internal web', '4<3 server api'], ['web>api 1']],
    ['a span of no kind with both names', ['1 local web>db'], ['web>db 1']],
    ['an OTLP internal span likewise', ['1 internal web>db'], ['web>db 1']],
    [
      'a hop that left no span',
      ['1 server web>app', '2<1 client proxy>db'],
      ['app>web 1', 'proxy>db 1', 'web>proxy 1'],
    ],
    ['a client without a name of its own', ['1 server web>app', '2<1 client >db'], ['app>web 1', 'web>db 1']],
    ['messages need their broker', ['1 producer web', '2<1 consumer api'], []],
    ['messages through a broker', ['1 producer web>kafka', '2<1 consumer api>kafka'], ['kafka>api 1', 'web>kafka 1']],
    ['a root consumer without a broker', ['1 consumer api', '2<1 client api>db'], ['api>db 1']],
    ['an error at the server', ['1 client web', '2<1 server api !'], ['web>api 1 !1']],
    ['an error at the client of a server', ['1 client web !', '2<1 server api'], ['web>api 1 !1']],
    ['an error further up is not of this call', ['1 client web !', '2<1 local web', '3<2 server api'], ['web>api 1']],
    ['an error of a message', ['1 producer web>kafka !'], ['web>kafka 1 !1']],
    ['servers without a root', ['2<1 server api', '3<2 client api>db'], ['api>db 1']],
    ['a missing middle', ['1 client web', '3<2 server api'], ['web>api 1']],
    ['a service that calls itself', ['1 client web', '2<1 server web'], ['web>web 1']],
    [
      'two servers under one id',
      ['1 client web', '1 server api shared', '1 server backup shared'],
      ['web>api 1', 'web>backup 1'],
    ],
    [
      'children find the half of their own service',
      ['1 client web', '1 server api shared', '1 server backup shared', '2<1 client backup>db'],
      ['backup>db 1', 'web>api 1', 'web>backup 1'],
    ],
    ['a loop hangs nowhere', ['1<2 client web>a', '2<1 client api>b', '3<1 server c'], []],
    [
      'a second root',
      ['1 server web>app', '2 server api', '3 client cron>db'],
      ['app>web 1', 'cron>db 1', 'web>api 1', 'web>cron 1'],
    ],
  ])('%s', (_name, parts, expected) => {
    expect(links(...parts)).toEqual(expected);
    expect(links(...[...parts].reverse())).toEqual(expected);
  });

  it('adds up traces', () => {
    const linker = new DependencyLinker();
    for (let i = 0; i < 3; i++) linker.addTrace([part('1 client web'), part(`2<1 server api${i === 0 ? ' !' : ''}`)]);
    expect(linker.links()).toEqual([{ parent: 'web', child: 'api', callCount: 3, errorCount: 1 }]);
  });

  it('counts a part that came twice once', () => {
    expect(links('1 client web', '2<1 server api', '2<1 server api', '1 client web')).toEqual(['web>api 1']);
  });

  it('reads spans: lower case names, the tag error whatever its value', () => {
    const { spans } = decodeZipkinV2Json(
      Buffer.from(
        '[{"traceId":"1","id":"1","kind":"CLIENT","localEndpoint":{"serviceName":"Web"},"remoteEndpoint":{"serviceName":"DB"},"tags":{"error":"false"}}]',
      ),
    );
    expect(linksOf(spans.map(linkPartOf)).map(show)).toEqual(['web>db 1 !1']);
    const otlp = Object.assign(new Span('otlp', TRACE, hex(1)), { kind: 3, statusCode: 2 });
    expect(linkPartOf(otlp).failed).toBe(true);
  });

  // Work that grew with the square of the depth would end at the time limit of the test.
  it('takes a deep trace of local spans', () => {
    const parts = Array.from({ length: 60_000 }, (_, i) => ({
      ...part('1 local web'),
      id: hex(i + 1),
      parentId: i === 0 ? undefined : hex(i),
      kind: i % 2 === 0 ? SpanKind.unspecified : SpanKind.server,
    }));
    const [link] = linksOf(parts.map((one, i) => (i < 40_000 ? { ...one, kind: SpanKind.unspecified } : one)));
    expect(link).toMatchObject({ parent: 'web', child: 'web' });
  });

  it('agrees with a plain walk of the tree, where ids are unique', () => {
    const kinds = fc.constantFrom('client', 'server', 'producer', 'consumer', 'local');
    const names = fc.constantFrom('', 'a', 'b', 'c');
    const shapes = fc.array(fc.tuple(kinds, names, names, fc.boolean(), fc.nat(12)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(shapes, (shape) => {
        const parts = shape.map(([kind, local, remote, failed, up], i) => ({
          ...part(`${i + 1} ${kind}`),
          parentId: i === 0 ? undefined : hex(Math.max(1, i - up) === i + 1 ? 99 : Math.max(1, i - up)),
          localEndpoint: Endpoint.of(local),
          remoteServiceName: remote === '' ? undefined : remote,
          failed,
        }));
        expect(linksOf(parts).map(show)).toEqual(plainLinks(parts));
      }),
      { numRuns: 500 },
    );
  });
});

const CALLEES: ReadonlySet<SpanKind> = new Set([SpanKind.server, SpanKind.consumer]);
type Call = readonly [parent: string | undefined, child: string | undefined, failed: boolean];

/** The rules once more, by recursion from the root, for traces of one root whose ids are unique and not shared. */
function plainLinks(parts: readonly LinkPart[]): string[] {
  const counts = new Map<string, { calls: number; errors: number }>();
  const visit = (node: LinkPart, ancestors: LinkPart[]): void => {
    const children = parts.filter((child) => child.parentId === node.id);
    for (const [parent, child, failed] of plainCalls(node, ancestors, children.length > 0)) {
      if (parent === undefined || child === undefined) continue;
      const count = counts.get(`${parent}>${child}`) ?? { calls: 0, errors: 0 };
      counts.set(`${parent}>${child}`, { calls: count.calls + 1, errors: count.errors + Number(failed) });
    }
    for (const child of children) visit(child, [node, ...ancestors]);
  };
  for (const root of parts.filter((one) => one.parentId === undefined)) visit(root, []);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([link, { calls, errors }]) => `${link} ${calls}${errors > 0 ? ` !${errors}` : ''}`);
}

function plainCalls(node: LinkPart, ancestors: readonly LinkPart[], hasChildren: boolean): Call[] {
  const [local, remote] = [nameOf(node), node.remoteServiceName];
  const caller = ancestors.find((above) => above.kind > SpanKind.internal);
  const failed = plainlyFailed(node, caller);
  if (CALLEES.has(node.kind) && ancestors.length === 0 && remote === undefined) return [];
  if (node.kind === SpanKind.producer) return [[local, remote, node.failed]];
  if (node.kind === SpanKind.consumer) return [[remote, local, node.failed]];
  if (node.kind === SpanKind.server) return [[nameOf(caller) ?? remote, local, failed]];
  if (node.kind === SpanKind.client ? hasChildren : !knowsBothSides(node)) return [];
  const call: Call = [local ?? nameOf(caller), remote, failed];
  return nameOf(caller) === local ? [call] : [[nameOf(caller), local, false], call];
}

function nameOf(part: LinkPart | undefined): string | undefined {
  return part?.localEndpoint?.serviceName;
}

function knowsBothSides(node: LinkPart): boolean {
  return node.localEndpoint !== undefined && node.remoteServiceName !== undefined;
}

function plainlyFailed(node: LinkPart, caller: LinkPart | undefined): boolean {
  const calledFrom = caller?.kind === SpanKind.client && caller.id === node.parentId && nameOf(caller) !== undefined;
  return node.failed || (calledFrom && caller.failed);
}
