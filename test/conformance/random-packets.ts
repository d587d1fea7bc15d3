import type { HostState } from '../../src/agent/host-state.ts';
import type { Endpoint } from '../../src/base/ipv4.ts';
import type { Random } from '../../src/base/random.ts';
import type { InPacket } from '../../src/fastpath/packets.ts';
import { buildIcmpEcho, buildIpv4, buildTcp, buildUdp } from '../../src/packet/build.ts';
import { FRAMEWORK_NAMES, frameworkByName } from '../../src/wire/frameworks.ts';
import { address, GNI_A, GNI_B, header, UNDERLAY_PORT } from '../kit/cloud-of-one.ts';

/** Ports 0, 1 and 2 have the first, the first and the second of these. */
export const GUESTS = ['10.1.2.30', '10.1.2.31', '10.1.2.50', '10.1.2.70', '10.1.2.99', '192.0.2.1', '224.0.0.1'];
export const HOSTS = ['198.18.0.12', '198.18.0.13', '198.18.0.99'];
const AGREEMENTS = [1, 2, 3, 4, 5, 6];
/** Packets remembered to be sent again: a cache is for what comes again. */
const REMEMBERED = 12;

interface Sender {
  readonly endpoint: Endpoint;
  readonly agreement: number;
  readonly framework: string;
}

/** Mostly honest packets of host x's guests and of its peers, many of them for the second time. */
export class RandomPackets {
  readonly #random: Random;
  readonly #state: HostState;
  readonly #recent: InPacket[] = [];

  constructor(random: Random, state: HostState) {
    this.#random = random;
    this.#state = state;
  }

  next(): InPacket {
    const again = this.#recent[this.#random.uint32() % REMEMBERED];
    if (again !== undefined && this.#random.next() < 0.6) return this.#again(again);
    const packet = this.#random.next() < 0.5 ? this.#fromGuest() : this.#fromHost();
    this.#recent[this.#random.uint32() % REMEMBERED] = packet;
    return packet;
  }

  batch(): InPacket[] {
    return Array.from({ length: 1 + (this.#random.uint32() % 12) }, () => this.next());
  }

  #again(packet: InPacket): InPacket {
    return packet.kind === 'guest' ? packet : { ...packet, tos: this.#pick([packet.tos, packet.tos, 0, 1, 2, 3]) };
  }

  #fromGuest(): InPacket {
    const port = this.#random.uint32() % 4;
    const own = port === 2 ? '10.1.2.31' : '10.1.2.30';
    const source = this.#pick([own, own, own, own, this.#pick(GUESTS)]);
    const destination = this.#pick(['10.1.2.31', '10.1.2.50', '10.1.2.70', this.#pick(GUESTS)]);
    return { kind: 'guest', port, bytes: this.#inner(source, destination) };
  }

  #fromHost(): InPacket {
    const sender = this.#random.next() < 0.8 ? this.#pick(this.#agreed()) : undefined;
    const { endpoint, agreement, framework } = sender ?? this.#stranger();
    const gni = this.#pick([GNI_A, GNI_A, GNI_A, GNI_B]);
    const isTwoFold = this.#random.next() < 0.05;
    const canLabel = (frameworkByName(framework)?.maxLabels ?? 0) > 0;
    const labels = canLabel && this.#random.next() < 0.2 ? [5] : [];
    const body = { sourceGni: isTwoFold ? GNI_B : gni, destinationGni: gni, agreement, labels };
    const source = this.#pick(['10.1.2.50', '10.1.2.50', '10.1.2.70', this.#pick(GUESTS)]);
    const destination = this.#pick(['10.1.2.30', '10.1.2.30', '10.1.2.31', this.#pick(GUESTS)]);
    const bytes = Uint8Array.from([...header(framework, body), ...this.#inner(source, destination)]);
    return { kind: 'underlay', source: endpoint, tos: this.#pick([0, 0, 1, 2, 3]), bytes };
  }

  /** What peers may send under now. */
  #agreed(): Sender[] {
    return HOSTS.flatMap((host) => {
      const endpoint = { address: address(host), port: UNDERLAY_PORT };
      const peer = this.#state.peerByEndpoint(endpoint);
      if (peer === undefined) return [];
      return AGREEMENTS.flatMap((id) => this.#state.incoming(peer, id) ?? []).map(({ id, framework }) => {
        return { endpoint, agreement: id, framework };
      });
    });
  }

  #stranger(): Sender {
    const endpoint = { address: address(this.#pick(HOSTS)), port: UNDERLAY_PORT };
    return { endpoint, agreement: this.#pick(AGREEMENTS), framework: this.#pick(FRAMEWORK_NAMES) };
  }

  #inner(source: string, destination: string): Uint8Array {
    const ip = {
      source: address(source),
      destination: address(destination),
      tos: this.#pick([0, 0, 1, 2, 3]),
      dontFragment: this.#pick([true, false]),
    };
    const payload = new Uint8Array(this.#pick([0, 8, 8, 1400]));
    const ports = { sourcePort: this.#pick([1, 2]), destinationPort: this.#pick([3, 4]) };
    const fragment = { moreFragments: true, dontFragment: false, payload: new Uint8Array(16) };
    const options = this.#pick([new Uint8Array(0), Uint8Array.of(1, 1, 1, 1)]);
    const kinds = [
      () => buildUdp({ ...ip, ...ports, payload }),
      () => buildUdp({ ...ip, ...ports, payload }),
      () => buildTcp({ ...ip, ...ports, flags: this.#pick([2, 16, 4]), payload }),
      () => buildIcmpEcho({ ...ip, id: this.#pick([1, 2]), sequence: 1, payload }),
      () => buildIpv4({ ...ip, protocol: 17, ...fragment }),
      () => buildIpv4({ ...ip, protocol: 99, payload, options }),
    ];
    return this.#pick(kinds)();
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random.uint32() % from.length] as T;
  }
}
