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

/** Bytes that wait for what reads the capture; packets on top of them are lost, and counted. */
export const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** Bytes from which on the capture is behind. */
const BEHIND_BYTES = 1024 * 1024;
/** How long the end may wait for what reads the capture once it is told to end, ms. */
export const DRAIN_LIMIT_MS = 2000;

/**
 * A pcapng capture as it grows: its interfaces first, then packets, and at the end how many there were. When `ending`
 * aborts, nothing waits long for what reads it.
 */
export class CaptureFile {
  readonly #output: Writable;
  readonly #ending: AbortSignal;
  readonly #written: number[];
  /** Packets of each interface that this capture does not hold. */
  readonly #lost: number[];
  #error: Error | undefined;
  #wake: () => void = () => {};

  /** `failed` is called when it cannot be written any more. */
  constructor(
    output: Writable,
    interfaces: readonly CaptureInterfaceFields[],
    ending: AbortSignal,
    failed: () => void = () => {},
  ) {
    this.#output = output;
    this.#ending = ending;
    this.#written = interfaces.map(() => 0);
    this.#lost = interfaces.map(() => 0);
    output.on('error', (error) => {
      this.#error ??= error;
      this.#wake();
      failed();
    });
    output.on('drain', () => this.#wake());
    ending.addEventListener('abort', () => this.#wake(), { once: true });
    output.write(Buffer.concat([sectionHeader(`weft ${VERSION}`), ...interfaces.map(interfaceBlock)]));
  }

  packetsOf(interfaceIndex: number): number {
    return this.#written[interfaceIndex] ?? 0;
  }

  lostOf(interfaceIndex: number): number {
    return this.#lost[interfaceIndex] ?? 0;
  }

  /** Whether it was taken; a packet for which there is no room is lost. */
  write(packet: CapturedPacketFields): boolean {
    const { interfaceIndex } = packet;
    if (this.#error !== undefined) return false;
    if (this.#output.writableLength > MAX_WAITING_BYTES) {
      this.lost(interfaceIndex, 1);
      return false;
    }
    this.#written[interfaceIndex] = this.packetsOf(interfaceIndex) + 1;
    this.#output.write(packetBlock(packet));
    return true;
  }

  lost(interfaceIndex: number, packets: number): void {
    const before = this.#lost[interfaceIndex];
    if (before !== undefined) this.#lost[interfaceIndex] = before + packets;
  }

  /** Waits for what reads it, where that is slow, until the capture is told to end. */
  async caughtUp(): Promise<void> {
    while (this.#output.writableLength > BEHIND_BYTES && this.#error === undefined && !this.#ending.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Whether all of it is written. Throws what writing failed with. */
  async end(timeNs: bigint): Promise<boolean> {
    const statistics = this.#written.map((written, interfaceIndex) => {
      const dropped = this.lostOf(interfaceIndex);
      return statisticsBlock({ interfaceIndex, timeNs, received: BigInt(written + dropped), dropped: BigInt(dropped) });
    });
    const isWhole = await this.#flushed(Buffer.concat(statistics));
    if (this.#error !== undefined) throw this.#error;
    return isWhole;
  }

  #flushed(lastBytes: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      let limit: NodeJS.Timeout | undefined;
      const startLimit = () => {
        limit = setTimeout(() => resolve(false), DRAIN_LIMIT_MS);
      };
      if (this.#ending.aborted) startLimit();
      else this.#ending.addEventListener('abort', startLimit, { once: true });
      this.#output.write(lastBytes, () => {
        clearTimeout(limit);
        this.#ending.removeEventListener('abort', startLimit);
        resolve(true);
      });
    });
  }
}
