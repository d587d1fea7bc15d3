import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../../src/base/errors.ts';
import { NotACaptureError, readCapture } from '../../../../src/cli/decode/capture-reader.ts';
import { MAX_BLOCK_BYTES } from '../../../../src/cli/decode/captured-packet.ts';
import {
  block,
  chunksOf,
  enhancedPacket,
  interfaceBlock,
  joinBytes,
  NOON,
  pcapFile,
  sectionHeader,
  simplePacket,
  words,
} from './capture-files.ts';
import { runs } from '../../../kit/runs.ts';

interface Read {
  readonly packets: { readonly timeNs: bigint | undefined; readonly linkType: number; readonly bytes: number[] }[];
  readonly isCutShort: boolean;
}

/** Of each packet what every format has. */
async function readAll(bytes: Uint8Array, chunkSize = 65_536): Promise<Read> {
  const packets: Read['packets'] = [];
  const reader = readCapture(chunksOf(bytes, chunkSize));
  for (;;) {
    const next = await reader.next();
    if (next.done) return { packets, isCutShort: next.value };
    const { timeNs, linkType, bytes: captured } = next.value;
    packets.push({ timeNs, linkType, bytes: [...captured] });
  }
}

const NOON_NS = BigInt(NOON) * 1_000_000_000n;
const first = Uint8Array.of(1, 2, 3, 4, 5);
const second = Uint8Array.of(9, 8);

describe('classic captures', () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('are read (little endian: %s, nanoseconds: %s)', async (isLittleEndian, isNanosecond) => {
    const file = pcapFile({ isLittleEndian, isNanosecond, linkType: 276 }, [
      { bytes: first, fraction: 1234 },
      { bytes: second, seconds: NOON + 1, originalLength: 900 },
    ]);
    const read = await readAll(file);
    expect(read).toEqual({
      isCutShort: false,
      packets: [
        { timeNs: NOON_NS + (isNanosecond ? 1234n : 1_234_000n), linkType: 276, bytes: [...first] },
        { timeNs: NOON_NS + 1_000_000_000n, linkType: 276, bytes: [...second] },
      ],
    });
  });

  it('are cut short where they end inside a record, at whatever byte', async () => {
    const whole = pcapFile({}, [{ bytes: first }]);
    const file = joinBytes(whole, pcapFile({}, [{ bytes: second }]).subarray(24));
    for (let length = whole.length + 1; length < file.length; length++) {
      const read = await readAll(file.subarray(0, length));
      expect(read).toMatchObject({ isCutShort: true, packets: [{ bytes: [...first] }] });
    }
  });

  it('with a record above the limit are an error', async () => {
    const file = joinBytes(pcapFile({}, []), words(true, [0, 0, MAX_BLOCK_BYTES + 1, 0]));
    await expect(readAll(file)).rejects.toThrow(`the limit is ${MAX_BLOCK_BYTES}`);
  });

  it('of another version are an error', async () => {
    const file = pcapFile({}, []);
    file[4] = 3;
    await expect(readAll(file)).rejects.toThrow('pcap version 3');
  });
});

describe.each([true, false])('pcapng captures (little endian: %s)', (isLittle) => {
  const start = joinBytes(sectionHeader(isLittle), interfaceBlock(isLittle, 1));

  it('give packets of several interfaces and pass over other blocks', async () => {
    const file = joinBytes(
      start,
      interfaceBlock(isLittle, 101),
      block(isLittle, 5, new Uint8Array(MAX_BLOCK_BYTES + 4)),
      enhancedPacket(isLittle, 1, BigInt(NOON) * 1_000_000n + 7n, first),
      block(isLittle, 0x0bad, new Uint8Array(16)),
      enhancedPacket(isLittle, 0, 0n, second),
    );
    expect((await readAll(file)).packets).toEqual([
      { timeNs: NOON_NS + 7000n, linkType: 101, bytes: [...first] },
      { timeNs: 0n, linkType: 1, bytes: [...second] },
    ]);
  });

  it.each<[string, number, bigint, bigint]>([
    ['nanoseconds', 9, NOON_NS + 5n, NOON_NS + 5n],
    ['seconds', 0, BigInt(NOON), NOON_NS],
    ['picoseconds', 12, 5_000n, 5n],
    ['1/1024 seconds', 0x80 | 10, BigInt(NOON) * 1024n + 512n, NOON_NS + 500_000_000n],
  ])('count time in %s where the interface says so', async (_, resolution, units, timeNs) => {
    const options: [number, Uint8Array][] = [
      [2, Buffer.from('wan')],
      [9, Uint8Array.of(resolution)],
    ];
    const file = joinBytes(
      sectionHeader(isLittle),
      interfaceBlock(isLittle, 101, options),
      enhancedPacket(isLittle, 0, units, first),
    );
    expect((await readAll(file)).packets).toMatchObject([{ timeNs, bytes: [...first] }]);
  });

  it('add the offset of an interface', async () => {
    const offset = isLittle ? words(true, [100, 0]) : words(false, [0, 100]);
    const file = joinBytes(
      sectionHeader(isLittle),
      interfaceBlock(isLittle, 101, [[14, offset]]),
      enhancedPacket(isLittle, 0, 1n, first),
    );
    expect((await readAll(file)).packets).toMatchObject([{ timeNs: 100_000_001_000n }]);
  });

  it('have simple packets without time, cut at the snap length', async () => {
    const file = joinBytes(
      sectionHeader(isLittle),
      interfaceBlock(isLittle, 113, [], 4),
      simplePacket(isLittle, 5, first.subarray(0, 4)),
      simplePacket(isLittle, 2, second),
    );
    expect((await readAll(file)).packets).toEqual([
      { timeNs: undefined, linkType: 113, bytes: [1, 2, 3, 4] },
      { timeNs: undefined, linkType: 113, bytes: [9, 8] },
    ]);
  });

  it('may hold a section of the other byte order, which has its own interfaces', async () => {
    const file = joinBytes(
      start,
      enhancedPacket(isLittle, 0, 0n, first),
      sectionHeader(!isLittle),
      interfaceBlock(!isLittle, 276),
      enhancedPacket(!isLittle, 0, 0n, second),
    );
    expect((await readAll(file)).packets).toMatchObject([
      { linkType: 1, bytes: [...first] },
      { linkType: 276, bytes: [...second] },
    ]);
    const orphan = joinBytes(start, sectionHeader(!isLittle), enhancedPacket(!isLittle, 0, 0n, second));
    await expect(readAll(orphan)).rejects.toThrow('interface 0, which is not described');
  });

  it('are cut short where they end inside a block, at whatever byte', async () => {
    const whole = joinBytes(start, enhancedPacket(isLittle, 0, 0n, first));
    const file = joinBytes(whole, enhancedPacket(isLittle, 0, 0n, second));
    for (let length = 5; length < file.length; length++) {
      const isBetweenBlocks = [28, start.length, whole.length].includes(length);
      expect((await readAll(file.subarray(0, length))).isCutShort).toBe(!isBetweenBlocks);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['a block length that is no multiple of 4', words(isLittle, [6, 33]), 'a block of 33 bytes'],
    ['a block shorter than its frame', words(isLittle, [6, 8]), 'a block of 8 bytes'],
    ['a block above the limit', words(isLittle, [6, MAX_BLOCK_BYTES + 4]), `the limit is ${MAX_BLOCK_BYTES}`],
    ['two lengths that differ', words(isLittle, [99, 12, 16]), 'begins as 12 bytes and ends as 16'],
    ['a packet longer than its block', block(isLittle, 6, words(isLittle, [0, 0, 0, 9, 9])), 'longer than its block'],
    ['a packet block too short', block(isLittle, 6, words(isLittle, [0, 0])), 'too short'],
    ['a simple packet longer than its block', block(isLittle, 3, words(isLittle, [9])), 'longer than its block'],
    ['an option longer than its block', longOption(isLittle), 'longer than its block'],
    ['an interface block too short', block(isLittle, 1, words(isLittle, [1])), 'too short'],
    [
      'too many interfaces',
      joinBytes(...Array.from({ length: 4096 }, () => interfaceBlock(isLittle, 1))),
      'more than 4096',
    ],
  ])('with %s are an error', async (_, bytes, message) => {
    await expect(readAll(joinBytes(start, bytes))).rejects.toThrow(message);
  });
});

/** An interface block with a time resolution of 257 bytes. */
function longOption(isLittle: boolean): Uint8Array {
  const bytes = interfaceBlock(isLittle, 1, [[9, Uint8Array.of(9)]]);
  bytes.fill(1, 18, 20);
  return bytes;
}

describe('what is no capture', () => {
  it.each(['', '0a0d', '1f8b0800', '47494638396100'])('is told apart from a damaged one: %s', async (text) => {
    await expect(readAll(Buffer.from(text, 'hex'))).rejects.toThrow(NotACaptureError);
  });
});

describe('any bytes', () => {
  const samples = [
    pcapFile({}, [{ bytes: first }, { bytes: second }]),
    pcapFile({ isLittleEndian: false, isNanosecond: true }, [{ bytes: second }]),
    ...[true, false].map((isLittle) =>
      joinBytes(
        sectionHeader(isLittle),
        interfaceBlock(isLittle, 1, [[9, Uint8Array.of(6)]], 64),
        enhancedPacket(isLittle, 0, 5n, first),
        simplePacket(isLittle, 2, second),
      ),
    ),
  ];
  const anyFile = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc
      .tuple(fc.constantFrom(...samples), fc.uint8Array({ maxLength: 100 }))
      .map(([sample, noise]) => joinBytes(sample.subarray(0, 4), noise)),
    fc
      .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 6 }), fc.nat(200))
      .map(([sample, changes, length]) => {
        const bytes = sample.slice(0, length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      }),
  );

  it('are read or a DecodeError', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, async (bytes) => {
        try {
          await readAll(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: runs(2000) },
    );
  });

  it('are read the same in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...samples), fc.integer({ min: 1, max: 40 }), async (sample, size) => {
        expect(await readAll(sample, size)).toEqual(await readAll(sample));
      }),
    );
  });
});
