import fc from 'fast-check';
import { expect, test } from 'vitest';
import { selectFramework } from '../../../src/mapper/negotiation.ts';
import { FRAMEWORK_NAMES } from '../../../src/wire/frameworks.ts';

test.each([
  [['udp/2.0', 'udp/1.0'], ['udp/2.0', 'udp/1.0'], 'udp/2.0'],
  [['udp/2.0', 'udp/1.0'], ['udp/1.0'], 'udp/1.0'],
  [['udp/1.9', 'udp/1.10'], ['udp/1.10', 'udp/1.9'], 'udp/1.10'],
  [['udp/1.0', 'ip/9.0'], ['ip/9.0', 'udp/1.0'], 'udp/1.0'],
  [['udp/2.0', 'ip/1.0'], ['udp/1.0', 'ip/1.0'], 'ip/1.0'],
  [['udp/2.0', 'udp/1.0', 'udp-pb/1.0'], ['udp-pb/1.0'], 'udp-pb/1.0'],
  [['udp/2.0', 'udp-pb/1.0'], ['udp/1.0', 'udp-pb/1.0'], 'udp-pb/1.0'],
  [['udp/2.0', 'udp/1.0', 'udp-pb/1.0'], ['udp-pb/1.0', 'udp/1.0'], 'udp/1.0'],
  [['udp/2.0'], ['udp/1.0'], undefined],
  [[], ['udp/1.0'], undefined],
  [['nonsense'], ['nonsense'], undefined],
])('%j to %j: %s', (sender, receiver, expected) => {
  expect(selectFramework(sender, receiver)).toBe(expected);
});

const version = fc.record({
  family: fc.constantFrom('udp', 'ip', 'udp-pb'),
  major: fc.nat({ max: 3 }),
  minor: fc.nat({ max: 12 }),
});
const offers = fc.uniqueArray(
  version.map(({ family, major, minor }) => `${family}/${major}.${minor}`),
  { maxLength: 12 },
);

function parse(name: string): { family: string; value: number } {
  const [family = '', rest = ''] = name.split('/');
  const [major, minor] = rest.split('.').map(Number);
  return { family, value: (major ?? 0) * 1000 + (minor ?? 0) };
}

test('the selected version is common, of the best-ranked family that has any, and the highest of it', () => {
  fc.assert(
    fc.property(offers, offers, (sender, receiver) => {
      const common = sender.filter((name) => receiver.includes(name));
      const selected = selectFramework(sender, receiver);
      if (common.length === 0) {
        expect(selected).toBeUndefined();
        return;
      }
      const families = sender
        .map((name) => parse(name).family)
        .filter((family) => common.some((name) => parse(name).family === family));
      const ofBest = common.filter((name) => parse(name).family === families[0]);
      expect(ofBest).toContain(selected);
      expect(parse(selected ?? '').value).toBe(Math.max(...ofBest.map((name) => parse(name).value)));
    }),
  );
});

test('only the order of families matters, not that of versions or of the receiver', () => {
  fc.assert(
    fc.property(offers, offers, (sender, receiver) => {
      expect(selectFramework(sender, receiver.toReversed())).toBe(selectFramework(sender, receiver));
    }),
  );
});

test('of this release, udp-pb is selected where the family udp has nothing in common, and nowhere else', () => {
  const someOfUs = fc.subarray([...FRAMEWORK_NAMES], { minLength: 1 });
  fc.assert(
    fc.property(someOfUs, someOfUs, (sender, receiver) => {
      const common = sender.filter((name) => receiver.includes(name));
      expect(selectFramework(sender, receiver)).toBe(common[0]);
      expect(selectFramework(sender, receiver)).toBe(selectFramework(receiver, sender));
    }),
  );
});
