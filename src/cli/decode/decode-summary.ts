import { formatCount } from '../amounts.ts';
import type { DecodedDatagram } from './decode-datagram.ts';

/** Counts what a capture held. */
export class DecodeSummary {
  readonly #counts = { frame: 0, control: 0, undecodable: 0 };
  /** Whether the capture ends inside a packet. */
  isCutShort = false;
  #others = 0;
  readonly #unknownLinks = new Map<number, number>();

  count(datagram: DecodedDatagram): void {
    this.#counts[datagram.kind]++;
  }

  /** A packet that is none of Netweft's. */
  countOther(): void {
    this.#others++;
  }

  /** A packet of a link type that is not read: link types are 16 bits, so the map is bounded. */
  countUnknownLink(linkType: number): void {
    this.#unknownLinks.set(linkType, (this.#unknownLinks.get(linkType) ?? 0) + 1);
  }

  /** One line, without line end. */
  text(): string {
    const { frame, control, undecodable } = this.#counts;
    const parts = [
      formatCount(frame, 'frame'),
      formatCount(control, 'control message'),
      `${undecodable} not decodable`,
      formatCount(this.#others, 'other packet'),
    ];
    for (const [linkType, count] of this.#unknownLinks) parts.push(`${count} of unknown link type ${linkType}`);
    if (this.isCutShort) parts.push('the capture ends inside a packet');
    return parts.join(', ');
  }
}
