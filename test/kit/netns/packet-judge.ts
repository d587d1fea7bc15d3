/** Sends numbered packets and tells which of them reached whom, when every one of them is accounted for. */
import { formatAddress } from '../../../src/base/ipv4.ts';
import type { DropsDocument } from '../../../src/admin/documents.ts';
import type { Capture } from './capture.ts';
import type { LineProcess } from './line-process.ts';
import { packetNumber } from './numbered-packets.ts';
import { silence } from './silence.ts';
import { DEVICE } from './test-cloud.ts';
import type { TestLab } from './test-lab.ts';
import { until } from './until.ts';

/** Packets that one sender sends before all of them are accounted for: fewer than one origin's upcalls. */
const BATCH = 96;
const ACCOUNTED_MS = 15_000;

export interface NumberedPacket {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** A packet at the guest that received it. */
export interface Delivery {
  readonly guest: string;
  readonly number: number;
}

export class PacketJudge {
  readonly #lab: TestLab;
  readonly #captures = new Map<string, Capture>();
  readonly #senders = new Map<string, LineProcess>();

  private constructor(lab: TestLab) {
    this.#lab = lab;
  }

  /** Takes the guests' kernels out of the play, so that they answer nothing, and listens at every device. */
  static async start(lab: TestLab): Promise<PacketJudge> {
    const judge = new PacketJudge(lab);
    await Promise.all(lab.cloud.ports.map((port) => silence(lab, port.namespace)));
    await Promise.all(lab.cloud.ports.map((port) => judge.#listen(port.name, port.namespace)));
    return judge;
  }

  /** Sends from each namespace its packets, and waits until as many were delivered or dropped. */
  async send(packets: ReadonlyMap<string, readonly NumberedPacket[]>): Promise<void> {
    for (const { packets: old } of this.#captures.values()) old.length = 0;
    const most = Math.max(...[...packets.values()].map((list) => list.length));
    for (let from = 0; from < most; from += BATCH) {
      const before = await this.#accounted();
      const sent = await Promise.all(
        [...packets].map(([namespace, list]) => this.#sendBatch(namespace, list.slice(from, from + BATCH))),
      );
      const total = sent.reduce((sum, count) => sum + count, 0);
      const accounted = await until(`${total} packets delivered or dropped`, ACCOUNTED_MS, async () => {
        const now = (await this.#accounted()) - before;
        return now >= total ? now : undefined;
      });
      if (accounted > total) throw new Error(`${total} packets were sent, ${accounted} delivered or dropped`);
    }
  }

  /** Delivered and dropped packets, all guests and all hosts together. */
  async #accounted(): Promise<number> {
    const delivered = [...this.#captures.values()].reduce((sum, { packets }) => sum + packets.length, 0);
    return delivered + (await this.drops());
  }

  async drops(): Promise<number> {
    const hosts = Object.keys(this.#lab.cloud.hosts);
    const documents = await Promise.all(
      hosts.map((host) => this.#lab.read<DropsDocument>(host, 'netweft.drops/v1', '/v1/drops')),
    );
    const reasons = documents.flatMap((document) => document.reasons);
    // Every kernel says something in IPv6 by itself; everything sent here is IPv4.
    return reasons.reduce((sum, { reason, packets }) => (reason === 'not-ipv4' ? sum : sum + packets), 0);
  }

  /** What reached whom since the last `send` began, each compared byte by byte with what was sent. */
  takeDeliveries(bytesOf: ReadonlyMap<number, Uint8Array>): Delivery[] {
    const found: Delivery[] = [];
    for (const [guest, { packets }] of this.#captures) {
      for (const packet of packets.splice(0)) found.push({ guest, number: this.#recognise(guest, packet, bytesOf) });
    }
    return found;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#captures.values()].map((capture) => capture.stop()));
  }

  #recognise(guest: string, packet: Buffer, bytesOf: ReadonlyMap<number, Uint8Array>): number {
    const number = packetNumber(packet);
    const bytes = number === undefined ? undefined : bytesOf.get(number);
    if (number !== undefined && bytes !== undefined && packet.equals(bytes)) return number;
    throw new Error(`${guest} received what nobody sent: ${packet.toString('hex')}`);
  }

  async #sendBatch(namespace: string, packets: readonly NumberedPacket[]): Promise<number> {
    if (packets.length === 0) return 0;
    const sender = this.#senders.get(namespace) ?? this.#lab.start(namespace, 'forge.mjs');
    this.#senders.set(namespace, sender);
    const lines = packets.map(({ bytes }) => [destinationOf(bytes), Buffer.from(bytes).toString('hex')]);
    const { sent, errors } = await sender.ask<{ sent: number; errors: string[] }>(lines);
    if (errors.length > 0) throw new Error(`the kernel of ${namespace} refused packets: ${errors.join(', ')}`);
    return sent;
  }

  async #listen(guest: string, namespace: string): Promise<void> {
    const capture = await this.#lab.capture({ namespace, device: DEVICE, direction: 'in', filter: 'ip' });
    this.#captures.set(guest, capture);
  }
}

function destinationOf(packet: Uint8Array): string {
  return formatAddress(Buffer.from(packet).readUInt32BE(16));
}
