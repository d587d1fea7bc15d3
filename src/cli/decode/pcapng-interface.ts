import { DecodeError } from '../../base/errors.ts';
import { FieldView } from './field-view.ts';

const OPTION_END = 0;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
const NANOSECONDS = 1_000_000_000n;
const MICROSECONDS_PER_SECOND = 1_000_000n;

/** What an interface description block says that reading its packets needs. */
export interface CaptureInterface {
  readonly linkType: number;
  /** Bytes kept of each packet; 0 is all. */
  readonly snapLength: number;
  readonly unitsPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

/** Reads the body of an interface description block. Throws `DecodeError`. */
export function readInterface(body: Uint8Array, isLittleEndian: boolean): CaptureInterface {
  if (body.length < 8) throw new DecodeError('an interface block that is too short');
  const fields = new FieldView(body, isLittleEndian);
  let unitsPerSecond = MICROSECONDS_PER_SECOND;
  let offsetSeconds = 0n;
  let at = 8;
  while (at + 4 <= body.length && fields.uint16(at) !== OPTION_END) {
    const code = fields.uint16(at);
    const length = fields.uint16(at + 2);
    if (at + 4 + length > body.length) throw new DecodeError('an interface option that is longer than its block');
    if (code === OPTION_TIME_RESOLUTION && length === 1) unitsPerSecond = unitsOf(body[at + 4] ?? 0);
    if (code === OPTION_TIME_OFFSET && length === 8) offsetSeconds = fields.int64(at + 4);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { linkType: fields.uint16(0), snapLength: fields.uint32(4), unitsPerSecond, offsetSeconds };
}

/** Nanoseconds since 1970 of a time stamp in the interface's units. */
export function packetTimeNs(captured: CaptureInterface, units: bigint): bigint {
  return captured.offsetSeconds * NANOSECONDS + (units * NANOSECONDS) / captured.unitsPerSecond;
}

/** if_tsresol: a negative power of 10, or of 2 where the highest bit is set. */
function unitsOf(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f);
  return (resolution & 0x80) === 0 ? 10n ** exponent : 2n ** exponent;
}
