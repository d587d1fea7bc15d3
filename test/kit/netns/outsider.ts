import type { LineProcess } from './line-process.ts';
import type { TestLab } from './test-lab.ts';

/** A datagram as `forger.mjs` builds it; what is left out is as an honest kernel would have it. */
export interface ForgedDatagram {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** Hexadecimal. */
  readonly payload: string;
  readonly tos?: number;
  readonly ttl?: number;
  readonly identification?: number;
  readonly dontFragment?: boolean;
  /** Of UDP. */
  readonly checksum?: 'right' | 'wrong' | 'none';
  /** Bytes of UDP header and payload in each IP fragment but the last, a multiple of 8. */
  readonly fragmentBytes?: number;
  /** The last fragment is never sent. */
  readonly isIncomplete?: boolean;
}

/** A datagram by its fields, or a whole IPv4 packet in hexadecimal. */
export type ForgedPacket = ForgedDatagram | { readonly raw: string };

/** In the hosts' own network, so that they could answer, and nobody's. */
export const OUTSIDER_ADDRESS = '198.19.7.9';
/** Of a capture on an Ethernet device. */
export const ETHERNET_BYTES = 14;
/** What its device, and those of the hosts, are called in their namespaces. */
export const UNDERLAY_DEVICE = 'underlay';
const BRIDGE = 'bridge';

/** A machine on a lab's underlay that is no host of the cloud: a namespace, a device on the bridge and an address. */
export class Outsider {
  readonly namespace: string;
  readonly #lab: TestLab;
  readonly #forger: LineProcess;

  private constructor(lab: TestLab, namespace: string) {
    this.#lab = lab;
    this.namespace = namespace;
    this.#forger = lab.start(namespace, 'forger.mjs');
  }

  static async attach(lab: TestLab): Promise<Outsider> {
    const namespace = `${lab.cloud.name}-outsider`;
    const bridge = lab.hostNamespace(BRIDGE);
    await runNetns(lab, 'add', namespace);
    const veth = ['type', 'veth', 'peer', 'name', UNDERLAY_DEVICE, 'netns', namespace];
    await lab.ip(bridge, 'link', 'add', 'outsider', ...veth);
    await lab.ip(bridge, 'link', 'set', 'outsider', 'master', BRIDGE, 'up');
    await lab.ip(namespace, 'address', 'add', `${OUTSIDER_ADDRESS}/24`, 'dev', UNDERLAY_DEVICE);
    await lab.ip(namespace, 'link', 'set', UNDERLAY_DEVICE, 'up');
    return new Outsider(lab, namespace);
  }

  /** Sends what is given, in order, and returns how many IP packets that were. Throws where the kernel refused one. */
  async send(packets: readonly ForgedPacket[]): Promise<number> {
    const { sent, errors } = await this.#forger.ask<{ sent: number; errors: string[] }>({ packets });
    if (errors.length > 0) throw new Error(`the outsider's kernel refused packets: ${errors.join(', ')}`);
    return sent;
  }

  /** To be called before the lab goes down, which does not know of it. */
  async detach(): Promise<void> {
    await this.#forger.stop();
    await runNetns(this.#lab, 'delete', this.namespace);
  }
}

async function runNetns(lab: TestLab, ...words: string[]): Promise<void> {
  const { status, err } = await lab.run('ip', 'netns', ...words);
  if (status !== 0) throw new Error(`ip netns ${words.join(' ')}: ${err}`);
}
