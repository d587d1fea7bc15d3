/** The agent of host x between a scripted mapping daemon and packets that a test puts in and takes out. */
import { Agent, type AgentOptions } from '../../src/agent/agent.ts';
import type { IoCounters, IoEvents, PacketIo } from '../../src/agent/io/packet-io.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Item, MappingItem, PortItem } from '../../src/control/messages.ts';
import { plainSessionLayer } from '../../src/control/session-layer.ts';
import { EventJournal } from '../../src/events/event-journal.ts';
import { journalLogger } from '../../src/events/journal-logger.ts';
import type { OutPacket } from '../../src/fastpath/packets.ts';
import { ReferenceFastPath } from '../../src/fastpath/reference/reference-fast-path.ts';
import { buildUdp } from '../../src/packet/build.ts';
import { address, agreementItem, GNI_A, hostItem, prefix, subnetItem, UNDERLAY_PORT } from './cloud-of-one.ts';
import { recordedLog } from './recorded-log.ts';
import { DAEMON, ScriptedDaemon } from './scripted-daemon.ts';
import { VirtualClock } from './simulation/virtual-clock.ts';

const NO_COUNTERS: IoCounters = {
  guestPacketsIn: 0,
  guestBytesIn: 0,
  guestPacketsOut: 0,
  guestBytesOut: 0,
  underlayPacketsIn: 0,
  underlayBytesIn: 0,
  underlayPacketsOut: 0,
  underlayBytesOut: 0,
  inRingFull: 0,
  outRingFull: 0,
  guestWriteDropped: 0,
  underlaySendDropped: 0,
  underlayTooLong: 0,
  socketOverflow: 0,
  wakeups: 0,
};

export function portItem(change: Partial<PortItem> = {}): PortItem {
  return {
    kind: 'port',
    name: 'a30',
    revision: 7,
    gni: GNI_A,
    network: 'a-net',
    subnet: prefix('10.1.2.0/24'),
    addresses: [address('10.1.2.30')],
    mtu: 1400,
    labels: [],
    device: 'tun0',
    namespace: 'guest-a30',
    ...change,
  };
}

/** Port a30 of tenant a, hosts y and z and what is agreed with them. */
const EVERYTHING: readonly Item[] = [
  subnetItem('a-lan', GNI_A, 'a-net', '10.1.2.0/24'),
  portItem(),
  hostItem('y', '198.18.0.12'),
  hostItem('z', '198.18.0.13'),
  agreementItem(1, 'x', 'y'),
  agreementItem(2, 'y', 'x'),
  agreementItem(3, 'x', 'z'),
  agreementItem(4, 'z', 'x'),
];

export function udpPacket(source: string, destination: string, sourcePort = 1000): Uint8Array {
  return buildUdp({
    source: address(source),
    destination: address(destination),
    sourcePort,
    destinationPort: 2000,
    payload: new Uint8Array(4),
  });
}

export function openAgent(options: Partial<AgentOptions> = {}) {
  const clock = new VirtualClock();
  const log = recordedLog();
  const journal = new EventJournal({ clock, daemon: 'agent', host: 'x' });
  const sent: OutPacket[] = [];
  /** What the daemon answers to look-ups. */
  const mappings: MappingItem[] = [];
  let events: IoEvents | undefined;
  const io: PacketIo = {
    underlay: { address: address('198.18.0.11'), port: UNDERLAY_PORT },
    openPort: (_, { name }) => (name.startsWith('never') ? new Promise(() => {}) : Promise.resolve()),
    closePort: () => {},
    send: (packets) => void sent.push(...packets),
    counters: () => NO_COUNTERS,
    isMoving: () => true,
    close: () => Promise.resolve(),
  };
  const agent: Agent = new Agent({
    host: 'x',
    boot: '00112233aabbccdd',
    version: '0.1.0',
    frameworks: ['udp/2.0', 'udp/1.0'],
    mapper: DAEMON,
    clock,
    random: seededRandom(1),
    layer: plainSessionLayer(),
    log: journalLogger(log, journal),
    fastPath: new ReferenceFastPath({ capacity: 64, quota: 16, seed: 1 }),
    sendControl: (datagram) => daemon.receive(datagram),
    openIo: (to) => {
      events = to;
      return Promise.resolve(io);
    },
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
  const daemon = new ScriptedDaemon(clock, (datagram) => agent.receiveControl(datagram));
  daemon.script.sync = () => ({ kind: 'sync-page', items: EVERYTHING, next: '' });
  daemon.script.lookup = ({ keys }) => ({
    kind: 'lookup-answer',
    items: mappings.filter(({ key }) => keys.some((one) => one.gni === key.gni && one.address === key.address)),
  });
  /** The guest of the port sends a packet, and everything that needs no time happens; returns what left. */
  const guestSends = async (bytes: Uint8Array, port = 0) => {
    sent.length = 0;
    events?.onPackets([{ kind: 'guest', port, bytes }]);
    await clock.run(10);
    return [...sent];
  };
  const hostSends = (at: string, bytes: Uint8Array) =>
    events?.onPackets([{ kind: 'underlay', source: { address: address(at), port: UNDERLAY_PORT }, tos: 0, bytes }]);
  return { agent, clock, log, journal, daemon, mappings, sent, guestSends, hostSends };
}

export async function openReadyAgent(options: Partial<AgentOptions> = {}) {
  const opened = openAgent(options);
  await opened.agent.start();
  await opened.clock.run(50);
  return opened;
}
