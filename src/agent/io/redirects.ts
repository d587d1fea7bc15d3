import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { formatAddress } from '../../base/ipv4.ts';
import type { Logger } from '../../base/log.ts';

const SETTINGS = '/proc/sys/net/ipv4/conf';

/** The machine as this looks at it; a test has one of its own. */
export interface RedirectsMachine {
  /** Where the kernel has a folder of settings for each device, and one for `all`. */
  readonly settings: string;
  interfaces(): NodeJS.Dict<NetworkInterfaceInfo[]>;
}

const THIS_MACHINE: RedirectsMachine = { settings: SETTINGS, interfaces: networkInterfaces };

/**
 * Warns where the kernel of this network namespace believes ICMP redirects on the device that has the
 * underlay's address, or on all: one of the two settings is enough for it. Says nothing of what it
 * cannot read.
 */
export function warnOfRedirects(underlay: number, log: Logger, machine: RedirectsMachine = THIS_MACHINE): void {
  const device = deviceOf(formatAddress(underlay), machine);
  if (device === undefined) return;
  const accepting = ['all', device].filter((name) => isAccepting(machine, name));
  if (accepting.length === 0) return;
  log.warn('redirects-accepted', { device, hint: `sysctl -w ${accepting.map(forbiddingSetting).join(' ')}` });
}

function deviceOf(address: string, { interfaces }: RedirectsMachine): string | undefined {
  const devices = Object.entries(interfaces());
  return devices.find(([, addresses]) => addresses?.some((one) => one.address === address))?.[0];
}

function isAccepting({ settings }: RedirectsMachine, name: string): boolean {
  try {
    return readFileSync(join(settings, name, 'accept_redirects'), 'utf8').trim() !== '0';
  } catch {
    return false;
  }
}

/** A dot in a device's name is a slash in the name of its setting, see sysctl(8). */
function forbiddingSetting(name: string): string {
  return `net.ipv4.conf.${name.replaceAll('.', '/')}.accept_redirects=0`;
}
