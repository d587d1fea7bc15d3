import fc from 'fast-check';
import type { Framework } from '../../../src/wire/framework.ts';
import type { HeaderBody } from '../../../src/wire/header-body.ts';

const anyGni = fc.oneof(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.constantFrom(1, 2 ** 32 - 1));
const anyAgreement = fc.oneof(fc.integer({ min: 1, max: 2 ** 24 - 1 }), fc.constantFrom(1, 2 ** 24 - 1));
const anyLabel = fc.oneof(fc.integer({ min: 0, max: 2 ** 20 - 1 }), fc.constantFrom(0, 2 ** 20 - 1));

/** Every body that the framework can carry. */
export function anyBodyOf(framework: Framework): fc.Arbitrary<HeaderBody> {
  return fc.record({
    sourceGni: anyGni,
    destinationGni: anyGni,
    agreement: anyAgreement,
    labels: fc.array(anyLabel, { maxLength: framework.maxLabels }),
  });
}

/** `bytes` with at most four of them changed, and cut off or longer by a few. */
export function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(50), fc.oneof(fc.constantFrom(0, 1, 2, 3, 255), fc.nat(255)));
  return fc
    .tuple(bytes, fc.array(change, { maxLength: 4 }), fc.integer({ min: -5, max: 4 }))
    .map(([original, changes, growth]) => {
      const length = Math.max(0, original.length + growth);
      const result = new Uint8Array(length);
      result.set(original.subarray(0, length));
      for (const [at, value] of changes) if (at < length) result[at] = value;
      return result;
    });
}
