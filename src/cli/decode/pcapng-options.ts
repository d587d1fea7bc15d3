import { DecodeError } from '../../base/errors.ts';
import { FieldView } from './field-view.ts';

const OPTION_END = 0;

/** The options from `start` to the end of a block's body, by code; of one given more than once, the first. Throws `DecodeError`. */
export function readOptions(body: Uint8Array, start: number, isLittleEndian: boolean): ReadonlyMap<number, Uint8Array> {
  const fields = new FieldView(body, isLittleEndian);
  const options = new Map<number, Uint8Array>();
  let at = start;
  while (at + 4 <= body.length && fields.uint16(at) !== OPTION_END) {
    const code = fields.uint16(at);
    const length = fields.uint16(at + 2);
    if (at + 4 + length > body.length) throw new DecodeError('an option that is longer than its block');
    if (!options.has(code)) options.set(code, body.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return options;
}

/** UTF-8; bytes that are none become replacement characters. */
export function optionText(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value);
}
