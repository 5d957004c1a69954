import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatEndpoint, formatV4, formatV6, protocolName, stateName } from './socket-address.js';

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

describe('formatV6', () => {
  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
    ['20010db8000100010001000100010001', '2001:db8:1:1:1:1:1:1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['00000000000000000000ffff7f000001', '::ffff:127.0.0.1'],
  ])('%s is %s', (hex, text) => {
    expect(formatV6(bytes(hex))).toBe(text);
  });

  it('writes what URL parsers read as the same address', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const raw = Buffer.from(groups.flatMap((value) => [value >> 8, value & 0xff]));
        const full = groups.map((value) => value.toString(16)).join(':');
        const canonical = new URL(`http://[${full}]/`).hostname.slice(1, -1);
        const ours = new URL(`http://[${formatV6(raw)}]/`).hostname.slice(1, -1);
        expect(ours).toBe(canonical);
      }),
    );
  });
});

describe('socket names', () => {
  it('are readable', () => {
    expect(formatV4(bytes('0a000001'))).toBe('10.0.0.1');
    expect(formatEndpoint({ address: '::1', port: 80 })).toBe('[::1]:80');
    expect(formatEndpoint({ address: '10.0.0.1', port: 0 })).toBe('10.0.0.1:0');
    expect([stateName(1), stateName(10), stateName(99)]).toEqual(['ESTABLISHED', 'LISTEN', 'state 99']);
    expect([protocolName(6), protocolName(7)]).toEqual(['tcp', 'protocol 7']);
  });
});
