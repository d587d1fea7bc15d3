import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Command } from 'commander';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecodeError } from '../../../../src/base/errors.ts';
import type { Cli } from '../../../../src/cli/cli.ts';
import { addDecodeCommand } from '../../../../src/cli/commands/decode.ts';
import { decodeCapture } from '../../../../src/cli/decode/decode-capture.ts';
import { decodedJson } from '../../../../src/cli/decode/decode-json.ts';
import { DecodeSummary } from '../../../../src/cli/decode/decode-summary.ts';
import { decodedText } from '../../../../src/cli/decode/decode-text.ts';
import { buildTcp } from '../../../../src/packet/build.ts';
import { anyBytes } from '../../packet/packets.ts';
import { runCommand, TestProcess } from '../run-command.ts';
import {
  chunksOf,
  enhancedPacket,
  goldenPacket,
  interfaceBlock,
  joinBytes,
  NOON,
  pcapFile,
  sectionHeader,
  underlayPacket,
} from './capture-files.ts';
import { runs } from '../../../kit/runs.ts';
import { GOLDEN_FRAMES } from '../../wire/golden-frames.ts';

const INNER = 'UDP 10.1.2.30:4660 > 10.1.2.50:7 ttl 64 length 32';
const AT = '2026-11-20T08:00:00';

const manual = readFileSync(new URL('../../../../docs/json.md', import.meta.url), 'utf8');
const wireFormat = readFileSync(new URL('../../../../docs/wire-format.md', import.meta.url), 'utf8');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-decode-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly out: string[];
  readonly err: string;
}

async function run(...words: string[]): Promise<Outcome> {
  const { code, out, err } = await runCommand(['decode', ...words]);
  return { code, out: out.split('\n').slice(0, -1), err };
}

/** Runs `weft decode` on a file that holds `bytes`. */
function decode(bytes: Uint8Array, ...words: string[]): Promise<Outcome> {
  const path = join(folder, 'capture');
  writeFileSync(path, bytes);
  return run(...words, path);
}

/** Runs `weft decode -` with `input` as standard input. */
async function decodeInput(input: Readable, process: Cli): Promise<void> {
  const program = new Command('weft');
  addDecodeCommand(program, process, () => input);
  await program.parseAsync(['decode', '-'], { from: 'user' });
}

describe('weft decode', () => {
  it('prints the golden frames, one line each, and a summary', async () => {
    const packets = GOLDEN_FRAMES.map(({ name }) => ({ bytes: goldenPacket(name), fraction: 250 }));
    const { out, err } = await decode(pcapFile({}, packets));
    const outer = `${AT}.000250Z 7.8.9.10:7790 > 1.2.3.4:7790`;
    expect(out).toEqual([
      `${outer} udp/1.0 gni 1001 -> 1001 labels [] agreement 7 | ${INNER}`,
      `${outer} udp/2.0 gni 1001 -> 1001 labels [] agreement 7 | ${INNER}`,
      `${outer} udp/2.0 gni 1001 -> 1001 labels [16 1048575] agreement 7 | ${INNER}`,
      `${outer} udp-pb/1.0 gni 1001 -> 1001 labels [] agreement 7 | ${INNER}`,
      `${outer} udp-pb/1.0 gni 1001 -> 1001 labels [16 1048575] agreement 7 | ${INNER}`,
      '5 frames, 0 control messages, 0 not decodable, 0 other packets',
    ]);
    expect(err).toBe('');
    expect(wireFormat).toContain(`\n    ${out.at(-2)?.replace('.000250Z', '.000000Z')}\n`);
  });

  it('prints one JSON object a line, and the summary on standard error', async () => {
    const file = joinBytes(
      sectionHeader(true),
      interfaceBlock(true, 101, [[9, Uint8Array.of(9)]]),
      enhancedPacket(true, 0, BigInt(NOON) * 1_000_000_000n + 123_456_789n, goldenPacket('udp/2.0 with labels')),
    );
    const { out, err } = await decode(file, '--json');
    expect(out.join('\n')).toBe(manual.match(/```ndjson\n(.*)\n```/)?.[1]);
    expect(out[0]).toContain('"time":"2026-11-20T08:00:00.123456789Z"');
    expect(err).toBe('1 frame, 0 control messages, 0 not decodable, 0 other packets\n');
  });

  it('shows control messages, and datagrams that do not decode with the reason', async () => {
    const frame = goldenPacket('udp/1.0').slice(28);
    frame[1] = 0x02;
    const { out } = await decode(
      pcapFile({}, [
        { bytes: underlayPacket(new Uint8Array(40), 7790, 7791) },
        { bytes: underlayPacket(new Uint8Array(40), 7791, 7790) },
        { bytes: underlayPacket(frame) },
        { bytes: underlayPacket(frame, 53, 53) },
        { bytes: buildTcp({ source: 1, destination: 2, sourcePort: 7790, destinationPort: 7790, flags: 2 }) },
      ]),
    );
    expect(out.pop()).toBe('0 frames, 2 control messages, 1 not decodable, 2 other packets');
    expect(out.map((line) => line.slice(28))).toEqual([
      '7.8.9.10:7790 > 1.2.3.4:7791 control, 40 bytes',
      '7.8.9.10:7791 > 1.2.3.4:7790 control, 40 bytes',
      '7.8.9.10:7790 > 1.2.3.4:7790 not decodable, 48 bytes: envelope: flags 0x02 are not in use',
    ]);
  });

  it('looks at the ports it is told, and at no others', async () => {
    const payload = goldenPacket('udp/1.0').slice(28);
    const ports = [7790, 9001, 9002, 7791];
    const file = pcapFile(
      {},
      ports.map((port) => ({ bytes: underlayPacket(payload, 40_000, port) })),
    );
    const { out } = await decode(file, '--port', '9001', '--port', '7791');
    expect(out.map((line) => line.split(' ').slice(1, 5).join(' '))).toEqual([
      '7.8.9.10:40000 > 1.2.3.4:9001 udp/1.0',
      '7.8.9.10:40000 > 1.2.3.4:7791 udp/1.0',
      'frames, 0 control messages,',
    ]);
    expect((await decode(file, '--port', '0')).code).toBe(2);
  });

  it('tells what it can about packets that the capture or the sender cut', async () => {
    const whole = goldenPacket('udp/1.0');
    const bad = underlayPacket(joinBytes(whole.subarray(28, 44), Uint8Array.of(0x60, 0, 0)));
    const { out } = await decode(
      pcapFile({}, [
        { bytes: whole.subarray(0, 60), originalLength: whole.length },
        { bytes: whole.subarray(0, 40), originalLength: whole.length },
        { bytes: bad },
        { bytes: joinBytes(whole, new Uint8Array(20)) },
      ]),
    );
    expect(out.map((line) => line.slice(57))).toEqual([
      'udp/1.0 gni 1001 -> 1001 labels [] agreement 7 | 16 of 32 bytes captured',
      'not decodable, 48 bytes: envelope: header length 16 of 12 bytes; 12 of 48 bytes were captured',
      'udp/1.0 gni 1001 -> 1001 labels [] agreement 7 | no IPv4 packet, 3 bytes: too-short',
      `udp/1.0 gni 1001 -> 1001 labels [] agreement 7 | ${INNER}`,
      expect.any(String),
    ]);
  });

  it('names link types that it cannot read', async () => {
    const { out } = await decode(pcapFile({ linkType: 147 }, [{ bytes: goldenPacket('udp/1.0') }]));
    expect(out).toEqual(['0 frames, 0 control messages, 0 not decodable, 0 other packets, 1 of unknown link type 147']);
  });

  it('reads a capture that ends inside a packet as far as it goes', async () => {
    const file = pcapFile({}, [{ bytes: goldenPacket('udp/1.0') }, { bytes: goldenPacket('udp/2.0') }]);
    const { out, code } = await decode(file.subarray(0, file.length - 1));
    expect(code).toBe(0);
    expect(out).toHaveLength(2);
    expect(out[1]).toMatch(/^1 frame, .*, the capture ends inside a packet$/);
  });

  it.each(['{"a": 1}', ''])('refuses what is no capture: %s', async (text) => {
    const { code, out, err } = await decode(Buffer.from(text));
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toMatch(/^weft: .* is not a packet capture: [^;]+; give a file that tcpdump -w/);
  });

  it('refuses a damaged capture, after what was right in it', async () => {
    const damaged = joinBytes(pcapFile({}, [{ bytes: goldenPacket('udp/1.0') }]), new Uint8Array(16).fill(0xff));
    const { code, out, err } = await decode(damaged);
    expect(code).toBe(1);
    expect(out).toEqual([expect.stringContaining(INNER)]);
    expect(err).toMatch(
      /is a damaged capture: a record of 4294967295 bytes.*; what stands before it was read: 1 frame/,
    );
  });

  it.each([
    ['absent', 5, 'no such file'],
    ['.', 1, 'EISDIR'],
  ])('says why it cannot read %s', async (name, status, reason) => {
    const { code, err } = await run(join(folder, name));
    expect(code).toBe(status);
    expect(err).toContain(reason);
  });

  it('reads standard input for -', async () => {
    const file = pcapFile({}, [{ bytes: goldenPacket('udp/2.0') }]);
    const input = Readable.from([file.subarray(0, 30), file.subarray(30)]);
    const process = new TestProcess();
    await decodeInput(input, process);
    expect(process.written).toContain(INNER);
    expect(input.destroyed).toBe(true);
  });

  it('reads no further while nobody takes what it prints', async () => {
    const packets = Array.from({ length: 50 }, () => ({ bytes: goldenPacket('udp/1.0') }));
    const process = new TestProcess();
    const reader = new EventEmitter();
    const asked = once(reader, 'asked');
    process.outTaken = async () => {
      const taken = once(reader, 'taken');
      reader.emit('asked');
      await taken;
    };
    const decoding = decodeInput(Readable.from(chunksOf(pcapFile({}, packets), 100)), process);
    await asked;
    expect(process.written.split('\n')).toHaveLength(2);
    process.outTaken = async () => {};
    reader.emit('taken');
    await decoding;
    expect(process.written).toContain('50 frames');
  });
});

describe('any captured bytes', () => {
  it('print as one line of text and of JSON, or not at all', async () => {
    const payload = fc.oneof(
      anyBytes,
      anyBytes.map((bytes) => joinBytes(goldenPacket('udp/2.0 with labels').subarray(28, 50), bytes)),
    );
    const packet = fc.oneof(
      anyBytes,
      payload.map((bytes) => underlayPacket(bytes)),
      fc.tuple(payload, fc.nat(90)).map(([bytes, length]) => underlayPacket(bytes).subarray(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(packet, fc.constantFrom(0, 1, 101, 108, 113, 276), async (bytes, linkType) => {
        const lines: string[] = [];
        const ports = { frames: [7790], control: 7791 };
        const file = pcapFile({ linkType }, [{ bytes }]);
        await decodeCapture(chunksOf(file, 1000), ports, new DecodeSummary(), async (datagram, { timeNs }) => {
          lines.push(decodedText(datagram, timeNs), JSON.stringify(decodedJson(datagram, timeNs)));
        });
        for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]+$/);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('print nothing but a DecodeError stops them', async () => {
    const damaged = joinBytes(pcapFile({}, []), new Uint8Array(16).fill(0xff));
    const ports = { frames: [7790], control: undefined };
    const decoding = decodeCapture(chunksOf(damaged, 7), ports, new DecodeSummary(), async () => {});
    await expect(decoding).rejects.toThrow(DecodeError);
  });
});
