import type { HeaderBody } from './header-body.ts';

/** One version of one family of wire formats. */
export interface Framework {
  /** `family/major.minor`. */
  readonly name: string;
  readonly family: string;
  readonly major: number;
  readonly minor: number;
  /** What the envelope carries, 1 to 255; a number is never given out twice. */
  readonly number: number;
  /** The deepest label stack that the body can carry. */
  readonly maxLabels: number;
  /** Throws `RangeError` for a body that the framework cannot carry. */
  encodeBody(body: HeaderBody): Uint8Array;
  /** `bytes` is exactly the body. Throws `DecodeError`; what it returns encodes to the same bytes. */
  decodeBody(bytes: Uint8Array): HeaderBody;
}
