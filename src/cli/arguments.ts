/** Readers of option values: each returns the value or throws what commander reports as a usage error. */
import { InvalidArgumentError } from 'commander';
import { type Endpoint, parseAddress, parseEndpoint } from '../base/ipv4.ts';
import { protocolNumber } from './protocol-name.ts';

export function addressArgument(text: string): number {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError('An IPv4 address such as 10.1.2.30 is wanted.');
  return address;
}

export function endpointArgument(defaultPort: number): (text: string) => Endpoint {
  return (text) => {
    const endpoint = parseEndpoint(text, defaultPort);
    if (endpoint === undefined) {
      throw new InvalidArgumentError(`An IPv4 address is wanted, with :PORT where it is not ${defaultPort}.`);
    }
    return endpoint;
  };
}

export function integerArgument(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum)) {
      throw new InvalidArgumentError(`A whole number from ${minimum} to ${maximum} is wanted.`);
    }
    return value;
  };
}

/** Hexadecimal digits, as lower case; spaces and colons between bytes are left out. */
export function hexArgument(text: string): string {
  const digits = text.replace(/[\s:]/g, '').toLowerCase();
  if (!/^([0-9a-f]{2})+$/.test(digits)) throw new InvalidArgumentError('Bytes as hexadecimal digits are wanted.');
  return digits;
}

export function listArgument(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Names separated by commas are wanted.');
  return names;
}

/** Milliseconds of `30s`, `5m` or a plain number of seconds; at least one second. */
export function spanArgument(mostMs: number): (text: string) => number {
  return (text) => {
    const [, digits = '', unit] = /^(\d{1,9})([sm]?)$/.exec(text) ?? [];
    const ms = digits === '' ? Number.NaN : Number(digits) * (unit === 'm' ? 60_000 : 1_000);
    if (!(ms >= 1_000 && ms <= mostMs)) {
      throw new InvalidArgumentError(`A time from 1s to ${mostMs / 60_000}m is wanted, such as 30s or 5m.`);
    }
    return ms;
  };
}

export function protocolArgument(text: string): number {
  const number = protocolNumber(text);
  if (number === undefined) throw new InvalidArgumentError('tcp, udp, icmp, or a number from 0 to 255 is wanted.');
  return number;
}

/** An empty path is mostly a variable of a script that was never set. */
export function pathArgument(text: string): string {
  if (text === '') throw new InvalidArgumentError('A path is wanted.');
  return text;
}
