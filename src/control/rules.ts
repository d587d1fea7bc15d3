import { type Endpoint, netmask, type Prefix } from '../base/ipv4.ts';
import { NAME_PATTERN } from '../model/records.ts';
import { MAX_COUNTER, type MappingKey } from './messages.ts';

export const MAX_UINT32 = 2 ** 32 - 1;

export const NAME = new RegExp(NAME_PATTERN);
const PRINTABLE = /^[ -~]*$/;

/** Notes the first rule that is broken; the fields' values never get into it. */
export class Rules {
  broken: string | undefined;

  require(holds: boolean, rule: string): void {
    if (!holds) this.broken ??= rule;
  }

  integer(field: string, value: number, least: number, most: number): void {
    this.require(
      Number.isInteger(value) && value >= least && value <= most,
      `${field} is not from ${least} to ${most}`,
    );
  }

  revision(value: number): void {
    this.integer('revision', value, 0, MAX_COUNTER);
  }

  text(field: string, value: string, pattern: RegExp): void {
    this.require(pattern.test(value), `${field} is malformed`);
  }

  printable(field: string, value: string, most: number): void {
    this.require(value.length <= most, `${field} is longer than ${most} characters`);
    this.text(field, value, PRINTABLE);
  }

  count(field: string, list: readonly unknown[], least: number, most: number): void {
    this.require(list.length >= least && list.length <= most, `not ${least} to ${most} ${field}`);
  }

  prefix({ address, length }: Prefix): void {
    this.integer('prefix length', length, 0, 32);
    this.integer('prefix address', address, 0, MAX_UINT32);
    this.require((address & ~netmask(length)) === 0, 'prefix has bits set below its length');
  }

  endpoint({ address, port }: Endpoint): void {
    this.integer('endpoint address', address, 1, MAX_UINT32);
    this.integer('endpoint port', port, 1, 65535);
  }

  key({ gni, address }: MappingKey): void {
    this.integer('GNI', gni, 1, MAX_UINT32);
    this.integer('address', address, 0, MAX_UINT32);
  }
}
