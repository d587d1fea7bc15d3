import { DecodeError } from '../base/errors.ts';

/** The largest agreement id: 24 bits, because udp/2.0 gives it no more. */
export const MAX_AGREEMENT = 2 ** 24 - 1;
/** The largest label: 20 bits, as in MPLS (RFC 3032 section 2.1). */
export const MAX_LABEL = 2 ** 20 - 1;
/** The deepest label stack of any framework. */
export const MAX_LABELS = 8;

const MAX_GNI = 2 ** 32 - 1;

/** What every frame says about its guest packet; frameworks differ only in how they write it. */
export interface HeaderBody {
  /** Guest network identifiers, 1 to 2^32 - 1. */
  readonly sourceGni: number;
  readonly destinationGni: number;
  /** The agreement under which the frame is sent, 1 to `MAX_AGREEMENT`. */
  readonly agreement: number;
  /** Outermost first; each 0 to `MAX_LABEL`. */
  readonly labels: readonly number[];
}

/** Which rule a body breaks; `undefined` where it breaks none. `maxLabels` is the framework's. */
export function headerBodyFault(body: HeaderBody, maxLabels: number): string | undefined {
  if (!isWithin(body.sourceGni, 1, MAX_GNI)) return 'source GNI out of range';
  if (!isWithin(body.destinationGni, 1, MAX_GNI)) return 'destination GNI out of range';
  if (!isWithin(body.agreement, 1, MAX_AGREEMENT)) return 'agreement out of range';
  if (body.labels.length > maxLabels) return `more than ${maxLabels} labels`;
  return body.labels.every((label) => isWithin(label, 0, MAX_LABEL)) ? undefined : 'label out of range';
}

/** For encoders: an illegal body is our own bug. */
export function requireEncodable(body: HeaderBody, maxLabels: number): void {
  const fault = headerBodyFault(body, maxLabels);
  if (fault !== undefined) throw new RangeError(`header body: ${fault}`);
}

/** For decoders: an illegal body is the peer's. */
export function requireDecoded(body: HeaderBody, maxLabels: number): HeaderBody {
  const fault = headerBodyFault(body, maxLabels);
  if (fault !== undefined) throw new DecodeError(`header body: ${fault}`);
  return body;
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
