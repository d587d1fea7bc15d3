/** What forged packets bring about: every drop counter of every host, every guest's device, every answer. */
import type { DropsDocument } from '../../../src/admin/documents.ts';
import { parseAddress } from '../../../src/base/ipv4.ts';
import type { Capture } from './capture.ts';
import type { LineProcess } from './line-process.ts';
import { numberedPacket, packetNumber } from './numbered-packets.ts';
import { ETHERNET_BYTES, type Outsider, OUTSIDER_ADDRESS, UNDERLAY_DEVICE } from './outsider.ts';
import { silence } from './silence.ts';
import { DEVICE } from './test-cloud.ts';
import type { TestLab } from './test-lab.ts';
import { until } from './until.ts';

const ACCOUNTED_MS = 15_000;
const IPV4_AND_UDP_BYTES = 28;
/** Of an envelope: where the header's length stands; of a guest packet: where its source does. */
const HEADER_LENGTH_AT = 2;
const INNER_SOURCE_AT = 12;
/** The numbers of markers begin here; those of forged packets are below. */
const FIRST_MARKER = 1_000_000;
/** One for each tenant, to guests of the host that packets are forged for. */
const MARKERS = [
  ['a30', 'a50'],
  ['b30', 'b50'],
] as const;

export interface WatchOptions {
  readonly outsider: Outsider;
  /** The host that packets are forged for, and what its guest says that the kernels do not: honest traffic. */
  readonly target: string;
  readonly honest: string;
  /** Guests whose kernels go on speaking. */
  readonly speaking: readonly string[];
  /** Silent guests that may lose their devices; nobody looks at what they receive. */
  readonly unwatched: readonly string[];
}

/** What happened, and nothing else did. */
export interface Seen {
  /** By `host: reason`; those that did not move are left out. */
  readonly drops: Readonly<Record<string, number>>;
  /** The numbers of the packets that reached guests, by guest. */
  readonly delivered: Readonly<Record<string, readonly number[]>>;
  /** Whatever the target said to anybody, honest traffic aside, and whatever reached the outsider; hexadecimal. */
  readonly answers: readonly string[];
}

export class ForgeryWatch {
  readonly #lab: TestLab;
  readonly #options: WatchOptions;
  readonly #guests = new Map<string, Capture>();
  readonly #answers: Capture[] = [];
  readonly #senders = new Map<string, LineProcess>();
  #nextMarker = FIRST_MARKER;

  private constructor(lab: TestLab, options: WatchOptions) {
    this.#lab = lab;
    this.#options = options;
  }

  static async start(lab: TestLab, options: WatchOptions): Promise<ForgeryWatch> {
    const watch = new ForgeryWatch(lab, options);
    const { outsider, speaking, target, unwatched } = options;
    const silent = lab.cloud.ports.filter(({ name }) => !speaking.includes(name));
    const watched = silent.filter(({ name }) => !unwatched.includes(name));
    await Promise.all(silent.map(({ namespace }) => silence(lab, namespace)));
    const said = `src host ${lab.cloud.hosts[target]} and (icmp or udp src port 7790)`;
    await Promise.all([
      ...watched.map(({ name, namespace }) => watch.#listen(name, namespace)),
      watch.#hear(lab.hostNamespace(target), 'out', said),
      watch.#hear(outsider.namespace, 'in', `ip and dst host ${OUTSIDER_ADDRESS}`),
    ]);
    return watch;
  }

  /** Lets packets be forged, waits until so many are dropped or delivered, and that no more are. */
  async during(accounted: number, forge: () => Promise<unknown>): Promise<Seen> {
    const before = await this.drops();
    await forge();
    await until(`${accounted} packets dropped or delivered`, ACCOUNTED_MS, async () => {
      return countOf(difference(before, await this.drops())) + this.#deliveredCount() >= accounted;
    });
    await Promise.all(MARKERS.map(([from, to]) => this.cross(from, to)));
    const delivered = this.#takeDelivered();
    return { drops: difference(before, await this.drops()), delivered, answers: this.#takeAnswers() };
  }

  /**
   * Honest packets between guests, until one arrives: a path may be just made. What was sent before to guests of the
   * same host has reached them then, if it ever will.
   */
  async cross(from: string, to: string): Promise<void> {
    const first = this.#nextMarker;
    await until(`a packet of ${from} reaches ${to}`, ACCOUNTED_MS, async () => {
      await this.say(from, to, this.#nextMarker++);
      return this.#guests.get(to)?.packets.some((packet) => (packetNumber(packet) ?? 0) >= first);
    });
  }

  /** One honest packet with a number. */
  async say(from: string, to: string, number: number): Promise<void> {
    const { namespace, addresses } = this.#lab.port(from);
    const [source = ''] = addresses;
    const [destination = ''] = this.#lab.port(to).addresses;
    const bytes = Buffer.from(numberedPacket('udp', { source, destination }, number));
    const sender = this.#senders.get(from) ?? this.#lab.start(namespace, 'forge.mjs');
    this.#senders.set(from, sender);
    await sender.ask([[destination, bytes.toString('hex')]]);
  }

  /** Every counter of every host, by `host: reason`. */
  async drops(): Promise<Map<string, number>> {
    const hosts = Object.keys(this.#lab.cloud.hosts);
    const found = await Promise.all(
      hosts.map(async (host) => {
        const { reasons } = await this.#lab.read<DropsDocument>(host, 'netweft.drops/v1', '/v1/drops');
        return reasons.map(({ reason, packets }) => [`${host}: ${reason}`, packets] as const);
      }),
    );
    // Every guest's kernel says something in IPv6 by itself; everything forged here is IPv4.
    return new Map(found.flat().filter(([name]) => !name.endsWith(': not-ipv4')));
  }

  /** What arrived and nobody asked about: it must be nothing. */
  async stop(): Promise<Omit<Seen, 'drops'>> {
    await Promise.all([...this.#guests.values(), ...this.#answers].map((capture) => capture.stop()));
    return { delivered: this.#takeDelivered(), answers: this.#takeAnswers() };
  }

  #deliveredCount(): number {
    return [...this.#guests.values()].flatMap(({ packets }) => packets).filter((packet) => !isMarker(packet)).length;
  }

  #takeDelivered(): Seen['delivered'] {
    const found = [...this.#guests].map(([guest, { packets }]) => {
      const others = packets.splice(0).filter((packet) => !isMarker(packet));
      return [guest, others.map((packet) => packetNumber(packet) ?? -1)] as const;
    });
    return Object.fromEntries(found.filter(([, numbers]) => numbers.length > 0));
  }

  #takeAnswers(): string[] {
    const frames = this.#answers.flatMap(({ packets }) => packets.splice(0));
    const honest = parseAddress(this.#options.honest);
    return frames.filter((frame) => innerSource(frame) !== honest).map((frame) => frame.toString('hex'));
  }

  async #listen(guest: string, namespace: string): Promise<void> {
    const capture = await this.#lab.capture({ namespace, device: DEVICE, direction: 'in', filter: 'ip' });
    this.#guests.set(guest, capture);
  }

  async #hear(namespace: string, direction: 'in' | 'out', filter: string): Promise<void> {
    this.#answers.push(await this.#lab.capture({ namespace, device: UNDERLAY_DEVICE, direction, filter }));
  }
}

function isMarker(packet: Buffer): boolean {
  return (packetNumber(packet) ?? 0) >= FIRST_MARKER;
}

/** Of the guest packet in a datagram; undefined where there is none. */
function innerSource(frame: Buffer): number | undefined {
  const payload = frame.subarray(ETHERNET_BYTES + IPV4_AND_UDP_BYTES);
  if (payload.length < HEADER_LENGTH_AT + 2) return undefined;
  const inner = payload.subarray(payload.readUInt16BE(HEADER_LENGTH_AT));
  return inner.length < INNER_SOURCE_AT + 4 ? undefined : inner.readUInt32BE(INNER_SOURCE_AT);
}

function difference(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  const moved = [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(moved.filter(([, count]) => count !== 0));
}

function countOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
