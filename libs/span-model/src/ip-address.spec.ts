import { isIP } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ipv4Bytes, ipv6Bytes, parseIp, parseIpBytes } from './ip-address.js';

describe('parseIp', () => {
  it.each([
    ['192.168.0.1', { ipv4: '192.168.0.1' }],
    ['::1', { ipv6: '::1' }],
    ['::', { ipv6: '::' }],
    ['2001:DB8:0:0:0:0:0:C001', { ipv6: '2001:db8::c001' }],
    ['2001:0:0:4:0:0:0:8', { ipv6: '2001:0:0:4::8' }],
    ['2001:0:0:0:4:0:0:0', { ipv6: '2001::4:0:0:0' }],
    ['1:2:3:4:5:6:7::', { ipv6: '1:2:3:4:5:6:7::' }],
    ['::ffff:1.2.3.4', { ipv4: '1.2.3.4' }],
    ['::FFFF:1.2.3.4', { ipv4: '1.2.3.4' }],
    ['::ffff:102:304', { ipv4: '1.2.3.4' }],
    ['::1.2.3.4', { ipv4: '1.2.3.4' }],
  ])('%s', (text, parsed) => {
    expect(parseIp(text)).toEqual(parsed);
  });

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1..2.3',
    '1.2.3.',
    '1.2.3.4:80',
    '1:2:3:4:5:6:7',
    '1::2::3',
  ])('%j is no address', (text) => {
    expect(parseIp(text)).toEqual({});
  });

  it.each(['fe80::1%eth0', '12345::', ':1', '1:', '[::1]', '64:ff9b::1.2.3.4', 'x'.repeat(10_000), ':'.repeat(45)])(
    '%j is no address, either',
    (text) => {
      expect(parseIp(text)).toEqual({});
    },
  );

  it('agrees with Node about IPv4', () => {
    const part = fc.oneof(fc.integer({ min: 0, max: 300 }).map(String), fc.constantFrom('', '00', 'a', '-1'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 3, maxLength: 5 }), (parts) => {
        const text = parts.join('.');
        expect(parseIp(text).ipv4 !== undefined).toBe(isIP(text) === 4);
      }),
    );
  });

  it('gives the same address by its bytes and by its text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(15), fc.nat(15), (bytes, from, count) => {
        bytes.fill(0, from, from + count);
        const { ipv4, ipv6 } = parseIpBytes(bytes);
        if (ipv6 === undefined) return;
        expect([ipv4, isIP(ipv6), ipv6.toLowerCase()]).toEqual([undefined, 6, ipv6]);
        expect(parseIp(ipv6)).toEqual({ ipv6 });
        expect(ipv6Bytes(ipv6)).toEqual(bytes);
      }),
    );
  });

  it('gives IPv4 bytes back', () => {
    expect(parseIpBytes(ipv4Bytes('10.0.255.3'))).toEqual({ ipv4: '10.0.255.3' });
    expect(parseIpBytes(Uint8Array.of(1, 2, 3))).toEqual({});
  });
});
