import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  doPrefixesOverlap,
  formatAddress,
  formatEndpoint,
  formatPrefix,
  isInPrefix,
  netmask,
  type Prefix,
  parseAddress,
  parseEndpoint,
  parsePrefix,
} from '../../../src/base/ipv4.ts';

const addresses = fc.integer({ min: 0, max: 0xffffffff });
const lengths = fc.integer({ min: 0, max: 32 });
const prefixes = fc.tuple(addresses, lengths).map(([address, length]) => ({ address: cut(address, length), length }));

/** The first `length` bits of an address, by division: no bit operations to get wrong. */
function cut(address: number, length: number): number {
  const size = 2 ** (32 - length);
  return Math.floor(address / size) * size;
}

function lastOf({ address, length }: Prefix): number {
  return address + 2 ** (32 - length) - 1;
}

describe('addresses', () => {
  it('are numbers in host order', () => {
    expect(parseAddress('10.1.2.3')).toBe(0x0a010203);
    expect(parseAddress('255.255.255.255')).toBe(0xffffffff);
    expect(parseAddress('0.0.0.0')).toBe(0);
    expect(formatAddress(0xc6120001)).toBe('198.18.0.1');
  });

  it('survive being written and read', () => {
    fc.assert(fc.property(addresses, (address) => parseAddress(formatAddress(address)) === address));
  });

  it.each([
    '',
    '10',
    '10.1',
    '10.1.2',
    '10.1.2.3.4',
    '010.1.2.3',
    '10.1.2.03',
    '0x0a.1.2.3',
    '10.1.2.256',
    '10.1.2.-3',
    '+10.1.2.3',
    '10.1.2.3 ',
    ' 10.1.2.3',
    '10.1.2.3\n',
    '10.1.2.3x',
    '10.1.2.',
    '10..2.3',
    '10.1.2.3/32',
    '::ffff:10.1.2.3',
    '١٠.1.2.3',
    '167838211',
  ])('are nothing else: %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('prefixes', () => {
  it('survive being written and read', () => {
    fc.assert(
      fc.property(prefixes, (prefix) => {
        expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
      }),
    );
  });

  it('have no bits set below their length', () => {
    expect(parsePrefix('10.1.2.0/24')).toEqual({ address: 0x0a010200, length: 24 });
    expect(parsePrefix('10.1.2.1/24')).toBeUndefined();
    expect(parsePrefix('128.0.0.0/0')).toBeUndefined();
    expect(parsePrefix('0.0.0.0/0')).toEqual({ address: 0, length: 0 });
    expect(parsePrefix('10.1.2.1/32')).toEqual({ address: 0x0a010201, length: 32 });
  });

  it.each([
    '10.1.2.0',
    '10.1.2.0/',
    '10.1.2.0/33',
    '10.1.2.0/024',
    '10.1.2.0/-1',
    '10.1.2.0/+24',
    '10.1.2.0/24/24',
    '10.1.2.0/24x',
    '10.1.2.0/24\n',
    '10.1.2.0 /24',
    '10.1.2/24',
    '10.1.2.0/2.4',
    '10.1.2.0/255.255.255.0',
    '/24',
  ])('are nothing else: %j', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });

  it('have masks of as many ones', () => {
    for (let length = 0; length <= 32; length++) expect(netmask(length)).toBe(2 ** 32 - 2 ** (32 - length));
  });

  it('hold what lies between their first and last address', () => {
    const check = (prefix: Prefix, address: number) =>
      isInPrefix(address, prefix) === (address >= prefix.address && address <= lastOf(prefix));
    fc.assert(fc.property(prefixes, addresses, check));
    const edges = (prefix: Prefix) =>
      [prefix.address - 1, prefix.address, lastOf(prefix), lastOf(prefix) + 1]
        .filter((address) => address >= 0 && address <= 0xffffffff)
        .every((address) => check(prefix, address));
    fc.assert(fc.property(prefixes, edges));
  });

  it('overlap where they share an address', () => {
    const near = fc.tuple(prefixes, lengths).chain(([{ address }, length]) =>
      fc.record({
        a: fc.constant({ address: cut(address, length), length }),
        b: lengths.map((other) => ({ address: cut(address, other), length: other })),
      }),
    );
    const share = (a: Prefix, b: Prefix) => a.address <= lastOf(b) && b.address <= lastOf(a);
    fc.assert(fc.property(prefixes, prefixes, (a, b) => doPrefixesOverlap(a, b) === share(a, b)));
    fc.assert(fc.property(near, ({ a, b }) => share(a, b) && doPrefixesOverlap(a, b) && doPrefixesOverlap(b, a)));
  });
});

describe('endpoints', () => {
  it('survive being written and read', () => {
    const endpoints = fc.record({ address: addresses, port: fc.integer({ min: 1, max: 65535 }) });
    fc.assert(
      fc.property(endpoints, (endpoint) => {
        expect(parseEndpoint(formatEndpoint(endpoint), 1)).toEqual(endpoint);
      }),
    );
  });

  it('take the default port only where none is given', () => {
    expect(parseEndpoint('198.18.0.1', 7790)).toEqual({ address: 0xc6120001, port: 7790 });
    expect(parseEndpoint('198.18.0.1:1', 7790)).toEqual({ address: 0xc6120001, port: 1 });
    expect(parseEndpoint('198.18.0.1:', 7790)).toBeUndefined();
  });

  it.each(['0', '65536', '99999', '123456', '-1', '+80', '80 ', '8o', '80:80', ' 80', '0x50', '1e3', '80\n'])(
    'have no such port: %j',
    (port) => {
      expect(parseEndpoint(`198.18.0.1:${port}`, 7790)).toBeUndefined();
    },
  );

  it.each(['', ':7790', '198.18.0:7790', 'host:7790', '[::1]:7790'])('are nothing else: %j', (text) => {
    expect(parseEndpoint(text, 7790)).toBeUndefined();
  });
});
