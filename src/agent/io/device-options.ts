import { UserError } from '../../base/errors.ts';
import { netmask } from '../../base/ipv4.ts';
import type { DeviceOptions } from './packet-io.ts';

const MTU_MIN = 576;
const MTU_MAX = 65535;
/** IFNAMSIZ less the closing zero. */
const NAME_BYTES_MAX = 15;

/** Throws UserError `invalid` for what no device can be made of. */
export function checkDeviceOptions(options: DeviceOptions): void {
  const { name, mtu, addresses, routes } = options;
  if (!isInterfaceName(name)) refuse(`interface name "${name}"`, '1 to 15 bytes without spaces, "/", ":" and "%"');
  if (!Number.isInteger(mtu) || mtu < MTU_MIN || mtu > MTU_MAX) refuse(`MTU ${mtu}`, `${MTU_MIN} to ${MTU_MAX}`);
  for (const { address, length } of [...addresses, ...routes]) {
    if (!isAddress(address) || !isLength(length)) {
      refuse(`${address}/${length}`, 'a 32-bit address and a prefix length of 0 to 32');
    }
  }
  for (const { address, length } of routes) {
    if ((address & ~netmask(length)) >>> 0 !== 0) refuse(`route ${address}/${length}`, 'no bits below its length');
  }
}

/** The file of the namespace, empty for the agent's own. Throws UserError `invalid` for what cannot be a name. */
export function namespacePath(namespace: string | undefined): string {
  if (namespace === undefined) return '';
  const isName = namespace !== '' && namespace !== '.' && namespace !== '..' && !/[/\0]/.test(namespace);
  if (isName) return `/run/netns/${namespace}`;
  if (!namespace.startsWith('/') || namespace.includes('\0')) {
    refuse(`network namespace "${namespace}"`, 'a name below /run/netns or an absolute path');
  }
  return namespace;
}

function isInterfaceName(name: string): boolean {
  const length = Buffer.byteLength(name);
  return length >= 1 && length <= NAME_BYTES_MAX && name !== '.' && name !== '..' && !/[\s/:%\0]/.test(name);
}

function isAddress(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

function isLength(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 32;
}

function refuse(what: string, wanted: string): never {
  throw new UserError('invalid', `${what} cannot be used`, `use ${wanted}`);
}
