import { Agent } from '../../../src/agent/agent.ts';
import type { LostCause } from '../../../src/agent/io/packet-io.ts';
import { type Endpoint, formatAddress } from '../../../src/base/ipv4.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { ReferenceFastPath } from '../../../src/fastpath/reference/reference-fast-path.ts';
import { Mapper } from '../../../src/mapper/mapper.ts';
import type { CloudRecord, RecordTypes } from '../../../src/model/records.ts';
import { buildUdp } from '../../../src/packet/build.ts';
import { PacketView } from '../../../src/packet/packet-view.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { FRAMEWORK_NAMES } from '../../../src/wire/frameworks.ts';
import { address } from '../cloud-of-one.ts';
import { LossyNetwork } from './lossy-network.ts';
import { deviceName, SimulatedPacketIo } from './simulated-packet-io.ts';
import { VirtualClock } from './virtual-clock.ts';

export const HOSTS = ['v', 'w', 'x', 'y', 'z'] as const;
export type HostName = (typeof HOSTS)[number];
export const TENANTS = [
  { name: 'a', gni: 1001 },
  { name: 'b', gni: 2002 },
] as const;
const GUESTS_PER_TENANT = 5;
const MAPPER: Endpoint = { address: address('198.18.0.2'), port: 7791 };
const CONTROL_PORT = 40_000;
const UNDERLAY_PORT = 7790;
const PAYLOAD_BYTES = 8;

/** A guest as the records have it. */
export interface SimulatedGuest {
  readonly name: string;
  readonly gni: number;
  readonly address: number;
  port: RecordTypes['port'];
}

interface SimulatedHost {
  readonly agent: Agent;
  readonly io: () => SimulatedPacketIo | undefined;
  readonly leave: () => void;
}

/** A packet that arrived where it does not belong, or a mapping that went back in time. */
export class Violation extends Error {}

/**
 * One mapping daemon and five agents in one process, on a virtual clock and a seeded network. Two
 * tenants use the same addresses; every packet carries the GNI and address of its sender.
 */
export class SimulatedCloud {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly network: LossyNetwork;
  readonly guests: SimulatedGuest[] = [];
  store: Store;
  /** Packets delivered, as "sender > receiver". */
  readonly deliveries = new Map<string, number>();
  /** What every agent offers; some offer nothing else. */
  readonly #leastCommon: string;
  #mapper: Mapper | undefined;
  readonly #hosts = new Map<HostName, SimulatedHost>();
  readonly #taken = new Set<string>();
  #leaveMapper = () => {};
  /** The highest revision seen per agent, incarnation and mapping. */
  #revisions = new Map<string, number>();

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.network = new LossyNetwork(this.clock, this.random);
    this.#leastCommon = this.pick(['udp/1.0', 'udp-pb/1.0']);
    this.store = this.#newStore();
    for (const { name, gni } of TENANTS) {
      for (let at = 0; at < GUESTS_PER_TENANT; at++) this.guests.push(this.#makeGuest(name, gni, at));
    }
  }

  get mapper(): Mapper | undefined {
    return this.#mapper;
  }

  agent(host: HostName): Agent | undefined {
    return this.#hosts.get(host)?.agent;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.uint32() % from.length] as T;
  }

  async startMapper(): Promise<void> {
    const mapper = new Mapper({
      store: this.store,
      clock: this.clock,
      random: this.random,
      layer: plainSessionLayer(),
      log: silentLogger,
      send: (to, datagram) => this.network.send(MAPPER, to, datagram),
    });
    await mapper.start();
    this.#mapper = mapper;
    this.#leaveMapper = this.network.join(MAPPER, (from, datagram) => mapper.receive(from, datagram));
  }

  /** The mapping daemon comes back with nothing but its records, in another incarnation. */
  async replaceStore(): Promise<void> {
    this.stopMapper();
    await this.store.close();
    this.store = this.#newStore();
    await this.startMapper();
    await this.applyAll();
  }

  stopMapper(): void {
    this.#leaveMapper();
    this.#mapper?.stop();
    this.#mapper = undefined;
  }

  async applyAll(): Promise<void> {
    await this.#mapper?.apply([
      ...staticRecords(),
      ...this.guests.map(({ port }) => ({ kind: 'port' as const, spec: port })),
    ]);
  }

  async moveGuest(guest: SimulatedGuest, host: HostName): Promise<void> {
    guest.port = { ...guest.port, host };
    await this.#mapper?.apply([{ kind: 'port', spec: guest.port }]);
  }

  /** The guest's port is deleted; `applyAll` brings it back. */
  async deletePort(guest: SimulatedGuest): Promise<void> {
    if (this.#mapper?.get('port').some(({ record }) => record.spec.name === guest.name)) {
      await this.#mapper.delete('port', guest.name);
    }
  }

  async startAgent(host: HostName): Promise<void> {
    const control = { address: hostAddress(host), port: CONTROL_PORT };
    const underlay = { address: hostAddress(host), port: UNDERLAY_PORT };
    let io: SimulatedPacketIo | undefined;
    const agent: Agent = new Agent({
      host,
      boot: this.random.uint32().toString(16).padStart(16, '0'),
      version: '0.1.0',
      frameworks: this.random.next() < 0.3 ? [this.#leastCommon] : FRAMEWORK_NAMES,
      mapper: MAPPER,
      clock: this.clock,
      random: this.random,
      layer: plainSessionLayer(),
      log: silentLogger,
      fastPath: new ReferenceFastPath({ capacity: 256, quota: 64, seed: this.random.uint32() }),
      sendControl: (datagram) => this.network.send(control, MAPPER, datagram),
      openIo: (events) => {
        const { network, clock } = this;
        const delivered = (device: Parameters<typeof deviceName>[0], bytes: Uint8Array) =>
          this.#delivered(deviceName(device), bytes);
        io = new SimulatedPacketIo({ underlay, events, network, clock, taken: this.#taken, delivered });
        return Promise.resolve(io);
      },
      onFault: (error) => {
        throw error;
      },
    });
    const leave = this.network.join(control, (_, datagram) => {
      agent.receiveControl(datagram);
      this.#checkRevisions(host, agent);
    });
    this.#hosts.set(host, { agent, io: () => io, leave });
    await agent.start();
  }

  async stopAgent(host: HostName): Promise<void> {
    const running = this.#hosts.get(host);
    running?.leave();
    this.#hosts.delete(host);
    this.#revisions = new Map([...this.#revisions].filter(([name]) => !name.startsWith(`${host} `)));
    await running?.agent.stop();
  }

  /** A guest sends one packet that names its sender; false when its device is nowhere. */
  send(from: SimulatedGuest, to: Pick<SimulatedGuest, 'address'>, source = from.address): boolean {
    const payload = new Uint8Array(PAYLOAD_BYTES);
    new DataView(payload.buffer).setUint32(0, from.gni);
    new DataView(payload.buffer).setUint32(4, from.address);
    const ports = { sourcePort: 1 + (this.random.uint32() % 3), destinationPort: 7 };
    const bytes = buildUdp({ source, destination: to.address, ...ports, payload });
    return [...this.#hosts.values()].some(({ io }) => io()?.guestSends(nameOf(from), bytes));
  }

  takeDeviceAway(guest: SimulatedGuest, cause: LostCause): void {
    for (const { io } of this.#hosts.values()) io()?.takeAway(nameOf(guest), cause);
  }

  /** Cuts one host, or the mapping daemon, off in one or both directions. */
  partition(name: HostName | 'mapper', direction: 'in' | 'out' | 'both'): void {
    const cutOff = name === 'mapper' ? MAPPER.address : hostAddress(name);
    for (const other of [MAPPER.address, ...HOSTS.map(hostAddress)]) {
      if (direction !== 'in') this.network.cut(cutOff, other);
      if (direction !== 'out') this.network.cut(other, cutOff);
    }
  }

  async stop(): Promise<void> {
    for (const host of HOSTS) await this.stopAgent(host);
    this.stopMapper();
    await this.store.close();
  }

  #delivered(device: string, bytes: Uint8Array): void {
    const receiver = this.guests.find((guest) => nameOf(guest) === device);
    const view = new PacketView();
    if (receiver === undefined || view.parse(bytes) !== undefined) throw new Violation(`delivered to ${device}`);
    const payload = new DataView(bytes.buffer, bytes.byteOffset + view.headerLength + 8, PAYLOAD_BYTES);
    const sender = this.guests.find(
      (guest) => guest.gni === payload.getUint32(0) && guest.address === payload.getUint32(4),
    );
    const isRight =
      sender !== undefined &&
      sender.gni === receiver.gni &&
      view.source === sender.address &&
      view.destination === receiver.address;
    if (!isRight) {
      const from = `${payload.getUint32(0)}/${formatAddress(payload.getUint32(4))}`;
      throw new Violation(`a packet of ${from} to ${formatAddress(view.destination)} reached ${receiver.name}`);
    }
    const name = `${sender.name} > ${receiver.name}`;
    this.deliveries.set(name, (this.deliveries.get(name) ?? 0) + 1);
  }

  #checkRevisions(host: HostName, agent: Agent): void {
    for (const guest of this.guests) {
      const revision = agent.state.mappings.revisionOf(guest);
      if (revision === undefined) continue;
      const name = `${host} ${agent.session.incarnation} ${guest.name}`;
      const before = this.#revisions.get(name) ?? -1;
      if (revision < before)
        throw new Violation(`${host} went from revision ${before} to ${revision} of ${guest.name}`);
      this.#revisions.set(name, revision);
    }
  }

  #newStore(): Store {
    return openMemoryStore({ incarnation: this.random.uint32().toString(16).padStart(16, '0') });
  }

  #makeGuest(tenant: string, gni: number, at: number): SimulatedGuest {
    const name = `${tenant}${at}`;
    const text = `10.1.2.${30 + at}`;
    const host = HOSTS[at % HOSTS.length] ?? 'v';
    const port = {
      name,
      guest: name,
      subnet: `${tenant}-lan`,
      addresses: [text],
      host,
      device: 'weft0',
      namespace: name,
    };
    return { name, gni, address: address(text), port };
  }
}

function nameOf(guest: SimulatedGuest): string {
  return deviceName({ name: guest.port.device, namespace: guest.port.namespace });
}

function hostAddress(host: HostName): number {
  return address('198.18.0.11') + HOSTS.indexOf(host);
}

function staticRecords(): CloudRecord[] {
  const tenants = TENANTS.flatMap(({ name, gni }): CloudRecord[] => [
    { kind: 'tenant', spec: { name, gni } },
    { kind: 'network', spec: { name: `${name}-net`, tenant: name } },
    { kind: 'subnet', spec: { name: `${name}-lan`, network: `${name}-net`, prefix: '10.1.2.0/24' } },
    ...Array.from({ length: GUESTS_PER_TENANT }, (_, at): CloudRecord => {
      return { kind: 'guest', spec: { name: `${name}${at}`, tenant: name } };
    }),
  ]);
  const hosts = HOSTS.map((name): CloudRecord => {
    return { kind: 'host', spec: { name, underlay: formatAddress(hostAddress(name)) } };
  });
  return [...tenants, ...hosts];
}
