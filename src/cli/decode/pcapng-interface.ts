import { DecodeError } from '../../base/errors.ts';
import { FieldView } from './field-view.ts';
import { optionText, readOptions } from './pcapng-options.ts';

const OPTION_NAME = 2;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
const NANOSECONDS = 1_000_000_000n;
const MICROSECONDS_PER_SECOND = 1_000_000n;

/** What an interface description block says that reading its packets needs. */
export interface CaptureInterface {
  readonly name: string | undefined;
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
  const options = readOptions(body, 8, isLittleEndian);
  const resolution = options.get(OPTION_TIME_RESOLUTION);
  const offset = options.get(OPTION_TIME_OFFSET);
  return {
    name: optionText(options.get(OPTION_NAME)),
    linkType: fields.uint16(0),
    snapLength: fields.uint32(4),
    unitsPerSecond: resolution?.length === 1 ? unitsOf(resolution[0] ?? 0) : MICROSECONDS_PER_SECOND,
    offsetSeconds: offset?.length === 8 ? new FieldView(offset, isLittleEndian).int64(0) : 0n,
  };
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
