import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { VERSION } from '../../base/version.ts';
import {
  type CaptureInterfaceFields,
  type CapturedPacketFields,
  interfaceBlock,
  packetBlock,
  sectionHeader,
  statisticsBlock,
} from './pcapng-writer.ts';

/** A pcapng capture as it grows: its interfaces first, then packets, and at the end how many there were. */
export class CaptureFile {
  readonly #output: Writable;
  readonly #written: number[];
  /** Packets of each interface that this capture could not keep up with. */
  readonly #lost: number[];
  #error: Error | undefined;

  constructor(output: Writable, interfaces: readonly CaptureInterfaceFields[]) {
    this.#output = output;
    this.#written = interfaces.map(() => 0);
    this.#lost = interfaces.map(() => 0);
    output.on('error', (error) => {
      this.#error = error;
    });
    output.write(sectionHeader(`weft ${VERSION}`));
    for (const fields of interfaces) output.write(interfaceBlock(fields));
  }

  /** Packets written so far, of all interfaces. */
  get packets(): number {
    return this.#written.reduce((sum, count) => sum + count, 0);
  }

  packetsOf(interfaceIndex: number): number {
    return this.#written[interfaceIndex] ?? 0;
  }

  /** Waits for a reader that is slow. Throws what writing failed with. */
  async write(packet: CapturedPacketFields): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    this.#written[packet.interfaceIndex] = this.packetsOf(packet.interfaceIndex) + 1;
    if (!this.#output.write(packetBlock(packet))) await this.#drained();
  }

  lost(interfaceIndex: number, packets: number): void {
    this.#lost[interfaceIndex] = (this.#lost[interfaceIndex] ?? 0) + packets;
  }

  async end(timeNs: bigint): Promise<void> {
    for (const [interfaceIndex, written] of this.#written.entries()) {
      const dropped = this.#lost[interfaceIndex] ?? 0;
      this.#output.write(
        statisticsBlock({ interfaceIndex, timeNs, received: BigInt(written + dropped), dropped: BigInt(dropped) }),
      );
    }
    await this.#drained();
    if (this.#error !== undefined) throw this.#error;
  }

  async #drained(): Promise<void> {
    if (this.#output.writableNeedDrain && this.#error === undefined) {
      await Promise.race([once(this.#output, 'drain'), once(this.#output, 'close')]).catch(() => {});
    }
  }
}
