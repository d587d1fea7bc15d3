/**
 * The rules between records: what each record must be by itself is in `records.ts`. The cloud file
 * and the mapping daemon both come here.
 */
import { formatEndpoint, isInPrefix, parseEndpoint } from '../base/ipv4.ts';
import { nearestWord } from './nearest-word.ts';
import { PlacedRecords } from './placed-records.ts';
import { type Placed, type Problem, problemOf } from './problem.ts';
import { type CloudRecord, DEFAULT_UNDERLAY_PORT, type Kind, REFERENCES } from './records.ts';
import { NEVER_UNICAST } from './special-prefixes.ts';
import { portAddressProblems, subnetProblems } from './validate-addresses.ts';

type Rule = (records: PlacedRecords) => Problem[];

const RULES: readonly Rule[] = [
  nameProblems,
  referenceProblems,
  gniProblems,
  subnetProblems,
  underlayProblems,
  portTenantProblems,
  portAddressProblems,
  deviceProblems,
];

/** Everything that is wrong with a whole cloud, in the order of its records. */
export function validateCloud(records: readonly CloudRecord[]): Problem[] {
  const placed = new PlacedRecords(records);
  return RULES.flatMap((rule) => rule(placed)).toSorted((a, b) => a.index - b.index);
}

function nameProblems(records: PlacedRecords): Problem[] {
  return records.all
    .filter(({ index, record }) => records.find(record.kind, record.spec.name)?.index !== index)
    .map((placed) =>
      problemOf(
        placed,
        ['name'],
        `the name is taken by another ${placed.record.kind}`,
        'names are unique per kind; rename one',
      ),
    );
}

function referenceProblems(records: PlacedRecords): Problem[] {
  return records.all.flatMap((placed) =>
    Object.entries(REFERENCES[placed.record.kind]).flatMap(([field, kind]) => {
      const name = (placed.record.spec as Record<string, unknown>)[field] as string;
      return records.has(kind, name) ? [] : [danglingReference(records, placed, field, name, kind)];
    }),
  );
}

function danglingReference(records: PlacedRecords, placed: Placed, field: string, name: string, kind: Kind): Problem {
  const hint = () => {
    const known = records.ofKind(kind).map(({ record }) => record.spec.name);
    const near = nearestWord(name, known);
    return near === undefined ? `add a ${kind} record of that name, or correct it` : `did you mean ${near}?`;
  };
  return { ...problemOf(placed, [field], `there is no ${kind} ${name}`, ''), hint, isDangling: true };
}

function gniProblems(records: PlacedRecords): Problem[] {
  return repeated(records.ofKind('tenant'), ({ record }) => [String(record.spec.gni)]).map(({ placed, first, key }) =>
    problemOf(
      placed,
      ['gni'],
      `GNI ${key} is that of tenant ${first.record.spec.name}`,
      'a GNI belongs to one tenant; choose another',
    ),
  );
}

function underlayProblems(records: PlacedRecords): Problem[] {
  const hosts = records.ofKind('host');
  const wrong = hosts.flatMap((placed) => {
    const { underlay } = placed.record.spec;
    const endpoint = parseEndpoint(underlay, DEFAULT_UNDERLAY_PORT);
    const isUsable = endpoint !== undefined && !NEVER_UNICAST.some((prefix) => isInPrefix(endpoint.address, prefix));
    return isUsable
      ? []
      : [
          problemOf(
            placed,
            ['underlay'],
            `underlay ${underlay} is no address of a host`,
            'write one such as 198.18.0.11, with :port if needed',
          ),
        ];
  });
  const taken = repeated(hosts, ({ record }) => endpointKeys(record.spec.underlay)).map(({ placed, first, key }) =>
    problemOf(
      placed,
      ['underlay'],
      `underlay ${key} is that of host ${first.record.spec.name}`,
      'give each host its own address or port',
    ),
  );
  return [...wrong, ...taken];
}

function endpointKeys(underlay: string): string[] {
  const endpoint = parseEndpoint(underlay, DEFAULT_UNDERLAY_PORT);
  return endpoint === undefined ? [] : [formatEndpoint(endpoint)];
}

function portTenantProblems(records: PlacedRecords): Problem[] {
  return records.ofKind('port').flatMap((placed) => {
    const { guest, subnet } = placed.record.spec;
    const guestTenant = records.find('guest', guest)?.record.spec.tenant;
    const subnetTenant = records.tenantOfSubnet(subnet);
    if (guestTenant === undefined || subnetTenant === undefined || guestTenant === subnetTenant) return [];
    const message = `guest ${guest} is of tenant ${guestTenant}, subnet ${subnet} of tenant ${subnetTenant}`;
    return [problemOf(placed, ['guest'], message, 'connect a guest to subnets of its own tenant')];
  });
}

function deviceProblems(records: PlacedRecords): Problem[] {
  return repeated(records.ofKind('port'), ({ record: { spec } }) => [
    `${spec.host} ${namespacePath(spec.namespace)} ${spec.device}`,
  ]).map(({ placed, first }) => {
    const { device, host, namespace } = placed.record.spec;
    const where = namespace === undefined ? `on host ${host}` : `in namespace ${namespace} of host ${host}`;
    const message = `device ${device} ${where} is that of port ${first.record.spec.name}`;
    return problemOf(placed, ['device'], message, 'choose another device name or namespace');
  });
}

/** `ip netns` keeps its names in /run/netns, which /var/run leads to as well. */
function namespacePath(namespace: string | undefined): string {
  if (namespace === undefined) return '-';
  return namespace.startsWith('/') ? namespace.replace(/^\/var\/run\//, '/run/') : `/run/netns/${namespace}`;
}

interface Repeated<P> {
  readonly placed: P;
  readonly first: P;
  readonly key: string;
}

/** Every record with a key that a record before it has already. */
function repeated<P extends Placed>(list: readonly P[], keysOf: (placed: P) => readonly string[]): Repeated<P>[] {
  const firsts = new Map<string, P>();
  const found: Repeated<P>[] = [];
  for (const placed of list) {
    for (const key of keysOf(placed)) {
      const first = firsts.get(key);
      if (first === undefined) firsts.set(key, placed);
      else found.push({ placed, first, key });
    }
  }
  return found;
}
