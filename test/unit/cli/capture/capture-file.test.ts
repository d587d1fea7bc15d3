import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CaptureFile, DRAIN_LIMIT_MS, MAX_WAITING_BYTES } from '../../../../src/cli/capture/capture-file.ts';

const INTERFACES = ['a30', 'a31'].map((name) => ({ name, description: '', linkType: 101, snapLength: 0 }));
const PACKET = { interfaceIndex: 0, timeNs: 0n, bytes: new Uint8Array(64 * 1024) };

/** Takes nothing until it is told to; then one write after the other. */
class StalledOutput extends Writable {
  #waiting: (() => void) | undefined;
  isStalled = true;
  bytes = 0;

  constructor() {
    super({ highWaterMark: 16 * 1024 });
  }

  override _write(chunk: Uint8Array, _: string, done: () => void): void {
    this.bytes += chunk.length;
    if (this.isStalled) this.#waiting = done;
    else queueMicrotask(done);
  }

  go(): void {
    this.isStalled = false;
    this.#waiting?.();
  }
}

let output: StalledOutput;
let ending: AbortController;
let file: CaptureFile;

beforeEach(() => {
  output = new StalledOutput();
  ending = new AbortController();
  file = new CaptureFile(output, INTERFACES, ending.signal);
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a capture whose reader stands still', () => {
  it('holds so many bytes, and counts what is lost for each interface', () => {
    let taken = 0;
    for (let sent = 0; sent < 400; sent++) if (file.write(PACKET)) taken++;
    file.write({ ...PACKET, interfaceIndex: 1 });
    expect(output.writableLength).toBeLessThan(MAX_WAITING_BYTES + 2 * PACKET.bytes.length);
    expect([file.packetsOf(0), file.lostOf(0)]).toEqual([taken, 400 - taken]);
    expect([file.packetsOf(1), file.lostOf(1)]).toEqual([0, 1]);
    expect(taken).toBeGreaterThan(100);
  });

  it('ends without its end some time after it is told to', async () => {
    vi.useFakeTimers();
    file.write(PACKET);
    const ended = file.end(0n);
    await vi.advanceTimersByTimeAsync(10 * DRAIN_LIMIT_MS);
    ending.abort();
    await vi.advanceTimersByTimeAsync(DRAIN_LIMIT_MS);
    expect(await ended).toBe(false);
  });

  it('is whole where the reader goes on', async () => {
    for (let sent = 0; sent < 100; sent++) file.write(PACKET);
    ending.abort();
    const ended = file.end(0n);
    output.go();
    expect(await ended).toBe(true);
    expect(output.bytes).toBeGreaterThan(100 * PACKET.bytes.length);
  });

  it('keeps nobody waiting once it is told to end', async () => {
    for (let sent = 0; sent < 100; sent++) file.write(PACKET);
    const waiting = file.caughtUp();
    ending.abort();
    await waiting;
    expect(output.writableLength).toBeGreaterThan(0);
  });
});

it('waits for a slow reader again and again, with the same listeners', async () => {
  output.go();
  const before = output.listenerCount('drain') + output.listenerCount('close');
  for (let round = 0; round < 30; round++) {
    for (let sent = 0; sent < 20; sent++) file.write(PACKET);
    expect(output.writableLength).toBeGreaterThan(1024 * 1024);
    await file.caughtUp();
    expect(output.writableLength).toBe(0);
  }
  expect(output.listenerCount('drain') + output.listenerCount('close')).toBe(before);
});

it('tells the failure of what it is written to, and takes nothing more', async () => {
  const failed = vi.fn();
  file = new CaptureFile(output, INTERFACES, ending.signal, failed);
  output.destroy(new Error('no space'));
  await vi.waitFor(() => expect(failed).toHaveBeenCalled());
  expect(file.write(PACKET)).toBe(false);
  await expect(file.end(0n)).rejects.toThrow('no space');
});
