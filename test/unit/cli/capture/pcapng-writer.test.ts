import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  interfaceBlock,
  MAX_TEXT_BYTES,
  packetBlock,
  sectionHeader,
  statisticsBlock,
} from '../../../../src/cli/capture/pcapng-writer.ts';
import { readCapture } from '../../../../src/cli/decode/capture-reader.ts';
import { runs } from '../../../kit/runs.ts';
import { anyBytes } from '../../packet/packets.ts';
import { chunksOf, joinBytes } from '../decode/capture-files.ts';

const HEADER = sectionHeader('weft 0.1.0');
const RAW = interfaceBlock({ name: 'port a30', description: 'guest side', linkType: 101, snapLength: 0 });
const ETHERNET = interfaceBlock({ name: 'eth0', description: 'underlay side', linkType: 1, snapLength: 128 });
const AT_NS = 1_795_161_600_123_456_789n;

async function read(file: Uint8Array) {
  const packets = [];
  for await (const packet of readCapture(chunksOf(file, 100))) packets.push({ ...packet, bytes: packet.bytes.slice() });
  return packets;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('a capture', () => {
  it('is read back: time to the nanosecond, interface, bytes, direction, comment', async () => {
    const packets = [
      packetBlock({ interfaceIndex: 1, timeNs: AT_NS, bytes: Uint8Array.of(1, 2, 3), originalLength: 9 }),
      packetBlock({
        interfaceIndex: 0,
        timeNs: AT_NS + 1n,
        bytes: Uint8Array.of(4),
        direction: 'inbound',
        comment: 'why',
      }),
    ];
    const end = statisticsBlock({ interfaceIndex: 0, timeNs: AT_NS, received: 2n, dropped: 0n });
    expect(await read(joinBytes(HEADER, RAW, ETHERNET, ...packets, end))).toEqual([
      { timeNs: AT_NS, linkType: 1, bytes: Uint8Array.of(1, 2, 3), originalLength: 9, interfaceName: 'eth0' },
      {
        timeNs: AT_NS + 1n,
        linkType: 101,
        bytes: Uint8Array.of(4),
        originalLength: 1,
        interfaceName: 'port a30',
        direction: 'inbound',
        comment: 'why',
      },
    ]);
  });

  it('holds any bytes with any comment', async () => {
    const comment = fc.option(fc.string({ unit: 'binary', maxLength: 2000 }), { nil: undefined });
    const direction = fc.constantFrom('inbound', 'outbound', undefined);
    await fc.assert(
      fc.asyncProperty(anyBytes, comment, direction, async (bytes, note, way) => {
        const packet = packetBlock({
          interfaceIndex: 0,
          timeNs: AT_NS,
          bytes,
          ...(note === undefined ? {} : { comment: note }),
          ...(way === undefined ? {} : { direction: way }),
        });
        expect(packet.length % 4).toBe(0);
        const after = packetBlock({ interfaceIndex: 0, timeNs: 0n, bytes: Uint8Array.of(7) });
        const captured = await read(joinBytes(HEADER, RAW, packet, after));
        expect(captured.map((entry) => entry.bytes)).toEqual([bytes, Uint8Array.of(7)]);
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('a block', () => {
  it('of a packet has flags and comment as options, in fours', () => {
    const packet = { interfaceIndex: 0, timeNs: 2n ** 32n + 2n, bytes: Uint8Array.of(0xaa) };
    const fields = '00000000 01000000 02000000 01000000 01000000 aa000000';
    const options = '0200 0400 02000000 0100 0300 61626300 0000 0000';
    const written = hex(packetBlock({ ...packet, direction: 'outbound', comment: 'abc' }));
    expect(written).toBe(`06000000 38000000 ${fields} ${options} 38000000`.replaceAll(' ', ''));
    expect(hex(packetBlock(packet))).toBe(`06000000 24000000 ${fields} 24000000`.replaceAll(' ', ''));
  });

  it('of statistics says how many packets were received and dropped', () => {
    const fields = '01000000 00000000 05000000';
    const options = '0400 0800 0300000000000000 0500 0800 0100000000000000 0000 0000';
    const written = hex(statisticsBlock({ interfaceIndex: 1, timeNs: 5n, received: 3n, dropped: 1n }));
    expect(written).toBe(`05000000 34000000 ${fields} ${options} 34000000`.replaceAll(' ', ''));
  });

  it('holds a long text up to its limit, and no part of a character', () => {
    const packet = { interfaceIndex: 0, timeNs: 0n, bytes: new Uint8Array(0) };
    const short = packetBlock({ ...packet, comment: 'a' });
    const long = packetBlock({ ...packet, comment: `a${'é'.repeat(MAX_TEXT_BYTES)}` });
    expect(long.length - short.length).toBe(MAX_TEXT_BYTES - 4);
    const view = new DataView(long.buffer);
    expect(view.getUint16(30, true)).toBe(MAX_TEXT_BYTES - 1);
  });
});
