import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPrefix, isInPrefix, netmask, parseAddress } from '../../../src/base/ipv4.ts';
import { underlayPrefix } from '../../../src/lab/underlay-prefix.ts';

test.each([
  [['198.18.0.1', '198.18.0.2'], '198.18.0.0/30'],
  [['198.18.0.1', '198.18.0.2', '198.18.0.3'], '198.18.0.0/29'],
  [['198.18.0.1', '198.19.0.1'], '198.18.0.0/15'],
  [['1.2.3.4', '200.0.0.1'], '0.0.0.0/0'],
])('%s are in %s', (addresses, prefix) => {
  expect(formatPrefix(underlayPrefix(addresses.map((address) => parseAddress(address) ?? 0)))).toBe(prefix);
});

test('every address is a usable one of the prefix', () => {
  const address = fc.integer({ min: 0xc6120001, max: 0xc613fffe });
  fc.assert(
    fc.property(fc.array(address, { minLength: 1 }), (addresses) => {
      const prefix = underlayPrefix(addresses);
      const broadcast = (prefix.address | ~netmask(prefix.length)) >>> 0;
      for (const each of addresses) {
        expect(isInPrefix(each, prefix)).toBe(true);
        expect([prefix.address, broadcast]).not.toContain(each);
      }
    }),
  );
});
