import { describe, expect, it } from '@jest/globals';
import { Attributes, Endpoint, Resource, StatusCode, type Span } from '@tracer/span-model';
import { atsCallOf, atsOutcomeOf } from './ats-call.js';
import { atsNamesOf } from './ats-names.js';
import { sketchSpan } from './testing/span-store.contract.js';

const HOUR_US = 3_600_000_000;
const NOW_US = 500_000 * HOUR_US + 5;
const call = (span: Span): unknown => atsCallOf(span);

describe('atsCallOf', () => {
  it.each([
    ['Shop:shop-1:GET_/a', 'shop-1', 'GET_/a'],
    ['shop:shop-1:GET_/rest:8080/x:y', 'shop-1', 'GET_/rest:8080/x:y'],
    ['shop::GET', '', 'GET'],
    ['other:shop-1:GET', '10.0.0.1', 'other:shop-1:GET'],
    ['shop:GET', '10.0.0.1', 'shop:GET'],
    ['get http://host:80/', '10.0.0.1', 'get http://host:80/'],
    ['', '10.0.0.1', ''],
  ])('reads %s', (name, instance, transaction) => {
    const span = sketchSpan({ name }).with({ localEndpoint: Endpoint.of('Shop', '10.0.0.1', undefined, 8080) });
    expect(call(span)).toEqual({ application: 'shop', port: 8080, instance, transaction, monitorGroup: 'default' });
  });

  it('knows groups and instances of other tracers, and nothing of spans without a service', () => {
    const resource = new Resource(
      Attributes.of([
        ['service.namespace', 'retail'],
        ['service.instance.id', 'i-7'],
      ]),
    );
    expect(call(sketchSpan({}).with({ resource }))).toMatchObject({ instance: 'i-7', monitorGroup: 'retail' });
    expect(call(sketchSpan({ tags: { monitorGroup: 'apm' } }).with({ resource }))).toMatchObject({
      monitorGroup: 'apm',
    });
    expect(call(sketchSpan({}).with({ localEndpoint: undefined }))).toBeUndefined();
  });
});

describe('atsOutcomeOf', () => {
  it.each([
    [
      { type: '1', result: '0', resultCode: '200' },
      { type: '1', status: 200, failed: false },
    ],
    [
      { result: '0', resultCode: '503' },
      { type: 'SERVER', status: 503, failed: false },
    ],
    [{ result: '2' }, { type: 'SERVER', status: 1, failed: true }],
    [{ 'http.status_code': '500' }, { type: 'SERVER', status: 500, failed: true }],
    [{ 'http.status_code': '404' }, { type: 'SERVER', status: 404, failed: false }],
    [{ error: '' }, { type: 'SERVER', status: 1, failed: true }],
    [{ resultCode: 'none' }, { type: 'SERVER', status: 0, failed: false }],
  ])('reads %j', (tags, outcome) => {
    expect(atsOutcomeOf(sketchSpan({ tags: tags as unknown as Record<string, string> }))).toEqual(outcome);
  });

  it('takes the status of OTLP', () => {
    const span = sketchSpan({ kind: 0 }).with({
      statusCode: StatusCode.error,
      attributes: Attributes.of([['http.response.status_code', 418n]]),
    });
    expect(atsOutcomeOf(span)).toEqual({ type: 'LOCAL', status: 418, failed: true });
  });
});

describe('atsNamesOf', () => {
  const values = (spans: readonly Span[]): string[] =>
    atsNamesOf({ tenant: '0', spans }, BigInt(NOW_US)).map(
      ({ kind, value, monitorGroup, lastUs }) => `${kind} ${value} ${monitorGroup} ${Number(lastUs) / HOUR_US}`,
    );

  it('has each name once, with its latest hour', () => {
    const endpoint = Endpoint.of('shop');
    const spans = [0, 2, 1].map((hours) =>
      sketchSpan({ name: 'buy', atUs: NOW_US - hours * HOUR_US }).with({ localEndpoint: endpoint }),
    );
    expect(values([...spans, ...spans])).toEqual(['application shop default 500001', 'transaction buy default 500001']);
  });

  it('sees what differs between spans of one name', () => {
    const endpoint = Endpoint.of('shop');
    const spans = ['a', 'b'].map((group) =>
      sketchSpan({ name: 'buy', atUs: NOW_US, tags: { monitorGroup: group } }).with({ localEndpoint: endpoint }),
    );
    const resource = new Resource(Attributes.of([['host.name', 'h']]));
    const other = sketchSpan({ name: 'buy', atUs: NOW_US }).with({ localEndpoint: endpoint, resource });
    expect(values([...spans, other])).toEqual([
      'application shop a 500001',
      'transaction buy a 500001',
      'application shop b 500001',
      'transaction buy b 500001',
      'application shop default 500001',
      'instance h default 500001',
      'transaction buy default 500001',
    ]);
  });

  it('takes clocks in the future and spans without a time as of now, and bounds names', () => {
    const ahead = sketchSpan({ name: `\0${'x'.repeat(1000)}`, atUs: NOW_US * 2 });
    const names = atsNamesOf({ tenant: '0', spans: [ahead, ahead.with({ startNs: undefined })] }, BigInt(NOW_US));
    expect(names.map(({ lastUs }) => Number(lastUs) / HOUR_US)).toEqual([500001, 500001]);
    expect(names[1]?.value).toBe(`\ufffd${'x'.repeat(511)}`);
  });
});
