/** From a cloud file to what has to exist for its lab. Pure: nothing is looked at and nothing is made. */
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { type Endpoint, formatAddress, formatEndpoint, parseEndpoint, parsePrefix } from '../base/ipv4.ts';
import type { LabSection } from '../model/cloud-file.ts';
import {
  type CloudRecord,
  DEFAULT_CONTROL_PORT,
  DEFAULT_UNDERLAY_PORT,
  type Kind,
  type RecordTypes,
} from '../model/records.ts';
import { agentArguments, mapperArguments } from './daemon-arguments.ts';
import { UNDERLAY_DEVICE } from './underlay-device.ts';
import { underlayPrefix } from './underlay-prefix.ts';

/** The MTU of the underlay, bytes. */
const UNDERLAY_MTU = 1500;
/** The name of the mapping daemon among the daemons; hosts are named by their records. */
const MAPPER = 'mapper';
const BRIDGE = 'bridge';
const LOOPBACK_UP = 'link set lo up';

export interface DaemonPlan {
  readonly name: string;
  readonly namespace: string;
  readonly underlay: string;
  /** Of our own program. */
  readonly arguments: readonly string[];
  readonly socket: string;
  readonly log: string;
  /** How many ports it has to bring up. */
  readonly ports: number;
}

/** One guest's port, for people. */
export interface GuestPlan {
  readonly port: string;
  readonly guest: string;
  readonly tenant: string;
  readonly host: string;
  readonly namespace: string;
  readonly device: string;
  readonly addresses: readonly string[];
}

/** Commands for `ip`, run in `namespace`, or where we are. */
export interface IpStep {
  readonly namespace?: string;
  readonly lines: readonly string[];
}

export interface LabPlan {
  readonly name: string;
  /** In the order in which they are made. */
  readonly namespaces: readonly string[];
  /** What makes the devices in them. */
  readonly ipSteps: readonly IpStep[];
  readonly mapper: DaemonPlan;
  readonly agents: readonly DaemonPlan[];
  readonly guests: readonly GuestPlan[];
  /** Where the bridge is; the device of the same name carries all of the underlay. */
  readonly bridge: string;
}

/** A namespace that is joined to the bridge. */
interface Member {
  readonly name: string;
  readonly namespace: string;
  readonly endpoint: Endpoint;
}

/** `directory` is where the lab's sockets, logs and database go. */
export function planLab(records: readonly CloudRecord[], section: LabSection, directory: string): LabPlan {
  const { name } = section;
  const bridge = labNamespace(name, BRIDGE);
  const mapper = mapperMember(section);
  const hosts = specs(records, 'host').map((host) => hostMember(host, name));
  const guests = guestPlans(records, name);
  const members = [mapper, ...hosts];
  checkNamespaces(guests, members, bridge);
  const ours = [bridge, ...members.map((member) => member.namespace)];
  const others = [...new Set(guests.map((guest) => guest.namespace))].filter((guest) => !ours.includes(guest));
  const loopbacks = others.map((namespace) => ({ namespace, lines: [LOOPBACK_UP] }));
  const namespaces = [...ours, ...others];
  return {
    name,
    namespaces,
    ipSteps: [
      linkStep(members, bridge),
      bridgeStep(members, bridge),
      ...memberSteps(members, section.underlay),
      ...loopbacks,
    ],
    mapper: mapperPlan(mapper, directory),
    agents: hosts.map((host) => agentPlan(host, mapper, section, directory, guests)),
    guests,
    bridge,
  };
}

function mapperMember(section: LabSection): Member {
  const endpoint = parseEndpoint(section.mapper, DEFAULT_CONTROL_PORT);
  if (endpoint !== undefined) return { name: MAPPER, namespace: labNamespace(section.name, MAPPER), endpoint };
  throw new UserError(
    'invalid',
    `lab.mapper: ${section.mapper} is not an address`,
    'write an IPv4 address such as 198.18.0.100',
  );
}

function hostMember(host: RecordTypes['host'], lab: string): Member {
  if (host.name === MAPPER || host.name === BRIDGE) {
    throw new UserError(
      'invalid',
      `a host of a lab cannot be named ${host.name}`,
      'the lab uses that name itself; choose another',
    );
  }
  const endpoint = parseEndpoint(host.underlay, DEFAULT_UNDERLAY_PORT);
  if (endpoint === undefined) throw new Error(`host ${host.name} has no valid underlay address`);
  return { name: host.name, namespace: labNamespace(lab, host.name), endpoint };
}

function labNamespace(lab: string, member: string): string {
  return `weft-${lab}-${member}`;
}

function guestPlans(records: readonly CloudRecord[], lab: string): GuestPlan[] {
  const tenants = new Map(specs(records, 'guest').map((guest) => [guest.name, guest.tenant]));
  return specs(records, 'port').map((port) => ({
    port: port.name,
    guest: port.guest,
    tenant: tenants.get(port.guest) ?? '',
    host: port.host,
    namespace: guestNamespace(port) ?? labNamespace(lab, port.host),
    device: port.device,
    addresses: port.addresses,
  }));
}

function guestNamespace(port: RecordTypes['port']): string | undefined {
  if (port.namespace?.startsWith('/') !== true) return port.namespace;
  const hint = 'a lab makes its namespaces itself; give the name alone';
  throw new UserError('unsupported', `port ${port.name} names the namespace ${port.namespace} by its path`, hint);
}

/** Two guests in one namespace would see each other without any network between them. */
function checkNamespaces(guests: readonly GuestPlan[], members: readonly Member[], bridge: string): void {
  const owners = new Map<string, string>([[bridge, 'the bridge']]);
  for (const member of members) owners.set(member.namespace, member.name);
  for (const { guest, host, namespace, port } of guests) {
    const owner = owners.get(namespace) ?? guest;
    owners.set(namespace, owner);
    if (owner === guest || owner === host) continue;
    const what = `port ${port} of guest ${guest} is in the namespace ${namespace}, which is that of ${owner}`;
    throw new UserError('invalid', what, 'all namespaces of a lab are on one machine: give each guest its own');
  }
}

function linkStep(members: readonly Member[], bridge: string): IpStep {
  const lines = members.map(
    (member, index) =>
      `link add ${UNDERLAY_DEVICE} netns ${member.namespace} mtu ${UNDERLAY_MTU} type veth peer name link${index} netns ${bridge} mtu ${UNDERLAY_MTU}`,
  );
  return { lines };
}

function bridgeStep(members: readonly Member[], bridge: string): IpStep {
  const links = members.map((_, index) => `link set link${index} master ${BRIDGE} up`);
  return {
    namespace: bridge,
    lines: [`link add ${BRIDGE} type bridge stp_state 0`, ...links, `link set ${BRIDGE} up`, LOOPBACK_UP],
  };
}

function memberSteps(members: readonly Member[], prefixText: string | undefined): IpStep[] {
  const addresses = members.map((member) => member.endpoint.address);
  const { length } = parsePrefix(prefixText ?? '') ?? underlayPrefix(addresses);
  return members.map(({ namespace, endpoint }) => ({
    namespace,
    lines: [
      `address add ${formatAddress(endpoint.address)}/${length} dev ${UNDERLAY_DEVICE}`,
      `link set ${UNDERLAY_DEVICE} up`,
      LOOPBACK_UP,
    ],
  }));
}

function mapperPlan(member: Member, directory: string): DaemonPlan {
  const sockets = daemonSockets(directory, MAPPER);
  const database = join(directory, `${MAPPER}.db`);
  return daemonPlan(member, directory, 0, mapperArguments({ listen: member.endpoint, ...sockets, database }));
}

function agentPlan(
  member: Member,
  mapper: Member,
  section: LabSection,
  directory: string,
  guests: readonly GuestPlan[],
): DaemonPlan {
  const sockets = daemonSockets(directory, member.name);
  const ports = guests.filter((guest) => guest.host === member.name).length;
  const { name: host, endpoint: underlay } = member;
  const frameworks = section.hosts.find(({ name }) => name === host)?.frameworks;
  const command = agentArguments({ host, underlay, mapper: mapper.endpoint, ...sockets, frameworks });
  return daemonPlan(member, directory, ports, command);
}

function daemonPlan(member: Member, directory: string, ports: number, command: readonly string[]): DaemonPlan {
  return {
    name: member.name,
    namespace: member.namespace,
    underlay: formatEndpoint(member.endpoint),
    arguments: command,
    socket: daemonSockets(directory, member.name).socket,
    log: join(directory, `${member.name}.log`),
    ports,
  };
}

/** The admin socket, and the one that serves metrics. */
function daemonSockets(directory: string, name: string): { readonly socket: string; readonly metrics: string } {
  return { socket: join(directory, `${name}.sock`), metrics: join(directory, `${name}.metrics`) };
}

function specs<K extends Kind>(records: readonly CloudRecord[], kind: K): RecordTypes[K][] {
  return records.filter((record) => record.kind === kind).map((record) => record.spec as RecordTypes[K]);
}
