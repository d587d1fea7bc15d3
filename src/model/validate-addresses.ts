/** The rules about guests' prefixes and addresses: mappings are found by (GNI, address). */
import {
  doPrefixesOverlap,
  formatPrefix,
  isInPrefix,
  netmask,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../base/ipv4.ts';
import type { PlacedRecords } from './placed-records.ts';
import { type Placed, type Problem, problemOf } from './problem.ts';
import { NEVER_GUESTS } from './special-prefixes.ts';

/** Subnets shorter than this keep their first and last address for the network and for broadcast. */
const FIRST_LENGTH_WITHOUT_BROADCAST = 31;

type PlacedSubnet = ReturnType<typeof subnetsOf>[number];

export function subnetProblems(records: PlacedRecords): Problem[] {
  return [...prefixProblems(records), ...overlapProblems(records)];
}

function prefixProblems(records: PlacedRecords): Problem[] {
  return records.ofKind('subnet').flatMap((placed) => {
    const text = placed.record.spec.prefix;
    const prefix = parsePrefix(text);
    if (prefix === undefined) return [problemOf(placed, ['prefix'], `${text} is not a prefix`, prefixHint(text))];
    const special = NEVER_GUESTS.find((never) => doPrefixesOverlap(never, prefix));
    if (special === undefined) return [];
    const message = `${text} holds addresses of ${formatPrefix(special)}, which no guest can have`;
    return [problemOf(placed, ['prefix'], message, 'choose a prefix of unicast addresses such as 10.1.2.0/24')];
  });
}

function prefixHint(text: string): string {
  const [addressText = '', lengthText = ''] = text.split('/');
  const address = parseAddress(addressText);
  const length = Number(lengthText);
  if (address === undefined || length > 32) return 'write one such as 10.1.2.0/24';
  const canonical = formatPrefix({ address: (address & netmask(length)) >>> 0, length });
  return `it has bits set below its length; write ${canonical}`;
}

function subnetsOf(records: PlacedRecords) {
  return records.ofKind('subnet').flatMap((placed) => {
    const prefix = parsePrefix(placed.record.spec.prefix);
    const tenant = records.tenantOfSubnet(placed.record.spec.name);
    return prefix === undefined || tenant === undefined ? [] : [{ placed, prefix, tenant }];
  });
}

/** Prefixes that overlap are one inside the other: in their order, the outer one comes first. */
function overlapProblems(records: PlacedRecords): Problem[] {
  const outer = new Map<string, PlacedSubnet>();
  const problems: Problem[] = [];
  for (const subnet of subnetsOf(records).toSorted(byPrefix)) {
    const before = outer.get(subnet.tenant);
    if (before !== undefined && doPrefixesOverlap(before.prefix, subnet.prefix)) {
      problems.push(overlapProblem(before, subnet));
    } else {
      outer.set(subnet.tenant, subnet);
    }
  }
  return problems;
}

function byPrefix(a: PlacedSubnet, b: PlacedSubnet): number {
  return a.prefix.address - b.prefix.address || a.prefix.length - b.prefix.length || a.placed.index - b.placed.index;
}

/** It is the problem of the subnet that comes later in the list. */
function overlapProblem(a: PlacedSubnet, b: PlacedSubnet): Problem {
  const [first, later] = a.placed.index < b.placed.index ? [a, b] : [b, a];
  const other = `subnet ${first.placed.record.spec.name} (${formatPrefix(first.prefix)})`;
  const message = `${formatPrefix(later.prefix)} overlaps ${other} of the same tenant ${later.tenant}`;
  return problemOf(later.placed, ['prefix'], message, 'subnets of one tenant must not overlap; choose another prefix');
}

/** One address of a port, with what it is checked against. */
interface PortAddress {
  readonly placed: Placed;
  readonly position: number;
  readonly text: string;
  readonly address: number;
  readonly subnet: string;
  readonly prefix: Prefix | undefined;
}

export function portAddressProblems(records: PlacedRecords): Problem[] {
  const owners = new Map<string, Placed>();
  return records.ofKind('port').flatMap((placed) => {
    const { subnet, addresses } = placed.record.spec;
    const prefix = parsePrefix(records.find('subnet', subnet)?.record.spec.prefix ?? '');
    const tenant = records.tenantOfSubnet(subnet);
    return addresses.flatMap((text, position) => {
      const address = parseAddress(text);
      if (address === undefined) return [notAnAddress(placed, position, text)];
      const checked = { placed, position, text, address, subnet, prefix };
      const misplaced = misplacedAddress(checked);
      if (misplaced !== undefined) return [misplaced];
      return tenant === undefined ? [] : takenAddress(owners, checked, tenant);
    });
  });
}

function notAnAddress(placed: Placed, position: number, text: string): Problem {
  return problemOf(placed, pathOf(position), `${text} is not an IPv4 address`, 'write one such as 10.1.2.30');
}

function pathOf(position: number): string[] {
  return ['addresses', String(position)];
}

function misplacedAddress({ placed, position, text, address, subnet, prefix }: PortAddress): Problem | undefined {
  if (prefix === undefined) return undefined;
  const where = `its subnet ${subnet} (${formatPrefix(prefix)})`;
  if (!isInPrefix(address, prefix)) {
    const hint = 'choose an address inside it, or another subnet';
    return problemOf(placed, pathOf(position), `${text} is outside ${where}`, hint);
  }
  if (!isReserved(address, prefix)) return undefined;
  const which = address === prefix.address ? 'network' : 'broadcast';
  const message = `${text} is the ${which} address of ${where}`;
  return problemOf(placed, pathOf(position), message, 'choose an address between the two');
}

function isReserved(address: number, prefix: Prefix): boolean {
  if (prefix.length >= FIRST_LENGTH_WITHOUT_BROADCAST) return false;
  return address === prefix.address || address === (prefix.address | ~netmask(prefix.length)) >>> 0;
}

function takenAddress(owners: Map<string, Placed>, { placed, position, text }: PortAddress, tenant: string): Problem[] {
  const key = `${tenant} ${text}`;
  const owner = owners.get(key);
  if (owner === undefined) {
    owners.set(key, placed);
    return [];
  }
  const whose = owner.index === placed.index ? 'is listed twice' : `is that of port ${owner.record.spec.name}`;
  const message = `${text} ${whose}, in the same tenant ${tenant}`;
  return [problemOf(placed, pathOf(position), message, 'an address belongs to one port of a tenant; choose another')];
}
