/** The dissector and `weft decode` are two readers of one format: they say the same of the same capture. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../src/control/codec.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { FRAMEWORKS } from '../../../src/wire/frameworks.ts';
import { encodeHeader } from '../../../src/wire/header.ts';
import { capture, UNDERLAY_SIDE } from '../../golden/golden-captures.ts';
import { ethernetDatagram, joined, timeOf } from '../../golden/golden-packets.ts';
import { runs } from '../../kit/runs.ts';
import { runCommand } from '../cli/run-command.ts';
import { anyMessage } from '../control/messages.ts';
import { anyBytes, anyPacket } from '../packet/packets.ts';
import { anyBodyOf, mutated } from '../wire/bodies.ts';
import { goldenPath, type TsharkRow, tsharkFields } from './tshark.ts';

const FIELDS = [
  'netweft',
  'netweft.control',
  'netweft.control.kind.name',
  'netweft.control.id',
  'netweft.control.session',
  'netweft.framework.name',
  'netweft.gni.source',
  'netweft.gni.destination',
  'netweft.agreement',
  'netweft.label',
  'netweft.fault',
  'netweft.inner.length',
  'netweft.inner.fault',
  'ip.src',
  'ip.dst',
  'ip.proto',
  'udp.srcport',
  'udp.dstport',
  'tcp.srcport',
  'tcp.dstport',
  '_ws.lua.error',
  'udp.payload',
];
/** Ports of a first fragment too. */
const OPTIONS = ['-o', 'ip.defragment:FALSE'];
/** Packets of one capture. */
const BATCH = 2000;
/** Ethernet, IPv4, UDP. */
const HEADERS_BYTES = 14 + 20 + 8;
const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;

interface Decoded {
  readonly kind: string;
  readonly length: number;
  readonly reason?: string;
  readonly framework?: string;
  readonly sourceGni?: number;
  readonly destinationGni?: number;
  readonly agreement?: number;
  readonly labels?: readonly number[];
  readonly inner?: Inner;
}

interface Inner {
  readonly length: number;
  readonly fault?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-twin-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Of each datagram of Netweft; Wireshark shows empty ones to no dissector. */
async function decode(path: string): Promise<Decoded[]> {
  const { code, out } = await runCommand(['decode', '--json', path]);
  expect(code).toBe(0);
  const lines = out.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Decoded).filter(({ length }) => length > 0);
}

function dissect(path: string): TsharkRow[] {
  const rows = tsharkFields(FIELDS, ['-r', path, ...OPTIONS]);
  expect(rows.filter((row) => row['_ws.lua.error'] !== '')).toEqual([]);
  return rows.filter((row) => row['netweft'] !== '' || row['netweft.control'] !== '');
}

/** What both say, and the payload, so that a difference can be made again. */
function asDecoded(row: TsharkRow) {
  const payload = row['udp.payload'];
  if (row['netweft.control'] !== '') return { kind: 'control', payload };
  if (row['netweft.fault'] !== '') {
    return { kind: 'undecodable', reason: withoutDetail(row['netweft.fault']), payload };
  }
  return {
    kind: 'frame',
    payload,
    framework: row['netweft.framework.name'],
    sourceGni: Number(row['netweft.gni.source']),
    destinationGni: Number(row['netweft.gni.destination']),
    agreement: Number(row['netweft.agreement']),
    labels: listOf(row['netweft.label']).map(Number),
    inner: innerOf(row),
  };
}

function innerOf(row: TsharkRow): Inner {
  const length = Number(row['netweft.inner.length']);
  const fault = row['netweft.inner.fault'] ?? '';
  if (fault !== '') return { length, fault };
  // The first is the underlay's.
  const protocol = Number(listOf(row['ip.proto'])[1]);
  return {
    length,
    source: listOf(row['ip.src'])[1] ?? '',
    destination: listOf(row['ip.dst'])[1] ?? '',
    protocol,
    ...portsOf(row, protocol),
  };
}

function portsOf(row: TsharkRow, protocol: number): Partial<Inner> {
  const [from, to] = protocol === PROTOCOL_TCP ? ['tcp.srcport', 'tcp.dstport'] : ['udp.srcport', 'udp.dstport'];
  const index = protocol === PROTOCOL_TCP ? 0 : 1;
  const sourcePort = listOf(row[from])[index];
  const destinationPort = listOf(row[to])[index];
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return {};
  if (sourcePort === undefined || destinationPort === undefined) return {};
  return { sourcePort: Number(sourcePort), destinationPort: Number(destinationPort) };
}

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((value) => value !== '');
}

/**
 * Protobuf that cannot be read has many faults at once, and each reader names the one that it meets first: what counts is
 * that both refuse it.
 */
function withoutDetail(reason: string | undefined): string | undefined {
  return reason?.replace(/^(header body: no)(t the canonical encoding| protobuf message).*$/, '$1 canonical protobuf');
}

async function expectAgreement(path: string): Promise<number> {
  const rows = dissect(path);
  const decoded = await decode(path);
  const expected = decoded.map(
    ({ kind, reason, framework, sourceGni, destinationGni, agreement, labels, inner }, index) => {
      const payload = rows[index]?.['udp.payload'];
      if (kind === 'control') return { kind, payload };
      if (kind === 'undecodable') return { kind, payload, reason: withoutDetail(reason) };
      const { capturedLength: _, description: __, ...shown } = inner as Inner & Record<string, unknown>;
      return { kind, payload, framework, sourceGni, destinationGni, agreement, labels, inner: shown };
    },
  );
  expect(rows.map(asDecoded)).toEqual(expected);
  return rows.length;
}

describe('the dissector and weft decode', () => {
  it.each(['frames', 'malformed', 'control'])('say the same of the golden capture %s', async (name) => {
    expect(await expectAgreement(goldenPath(name))).toBeGreaterThan(10);
  });

  it('say the same of frames, of frames that were changed, and of any bytes', async () => {
    const anyHeader = fc.oneof(
      ...FRAMEWORKS.map((framework) => anyBodyOf(framework).map((body) => encodeHeader(framework, body))),
    );
    const anyInner = fc.oneof({ weight: 3, arbitrary: anyPacket }, mutated(anyPacket), anyBytes);
    const joinedFrame = (header: Uint8Array, inner: Uint8Array) => joined(header, inner);
    const anyFrame = fc.tuple(anyHeader, anyInner).map(([header, inner]) => joinedFrame(header, inner));
    const changedHeader = fc.tuple(mutated(anyHeader), anyPacket).map(([header, inner]) => joinedFrame(header, inner));
    const anyPayload = fc.oneof({ weight: 3, arbitrary: anyFrame }, { weight: 6, arbitrary: changedHeader }, anyBytes);
    const path = join(folder, 'frames.pcapng');
    for (let batch = 0; batch < runs(1); batch++) {
      const payloads = fc.sample(anyPayload, BATCH).filter((payload) => payload.length > 0);
      writeFileSync(path, captureOf(payloads, 7790, 8));
      expect(await expectAgreement(path)).toBe(payloads.length);
    }
  });
});

describe('the dissector and the control protocol', () => {
  it('name the kind, the id and the session of any message, and bear any bytes', () => {
    const layer = plainSessionLayer();
    const to = { address: 0, port: 7791 };
    const anySealed = anyMessage.map((message) => layer.seal(encodeMessage(message), to));
    const anyPayload = fc.oneof({ weight: 3, arbitrary: anySealed }, mutated(anySealed), anyBytes);
    const payloads = fc.sample(anyPayload, BATCH).filter((payload) => payload.length > 0);
    const path = join(folder, 'control.pcapng');
    writeFileSync(path, captureOf(payloads, 7791));
    const rows = dissect(path);
    expect(rows).toHaveLength(payloads.length);
    for (const [index, payload] of payloads.entries()) {
      const opened = layer.open(payload, to);
      if (opened === undefined) continue;
      const message = messageOf(opened);
      if (message === undefined) continue;
      expect(rows[index]).toMatchObject({
        'netweft.control.kind.name': message.body.kind,
        'netweft.control.id': message.id === 0 ? '' : String(message.id),
        'netweft.control.session': message.session === 0 ? '' : String(message.session),
      });
    }
  });
});

function messageOf(bytes: Uint8Array) {
  try {
    return decodeMessage(bytes);
  } catch {
    return undefined;
  }
}

/** Where `cutEvery` is given, one of so many is captured in part: its first byte, then one more each time. */
function captureOf(payloads: readonly Uint8Array[], destinationPort: number, cutEvery?: number): Uint8Array {
  const packets = payloads.map((payload, index) => {
    const sent = ethernetDatagram(payload, { sourcePort: 40_001, destinationPort });
    const isCut = cutEvery !== undefined && index % cutEvery === 0;
    const kept = isCut ? HEADERS_BYTES + 1 + ((index / cutEvery) % payload.length) : sent.length;
    const bytes = sent.subarray(0, kept);
    return { interfaceIndex: 0, timeNs: timeOf(index), bytes, originalLength: sent.length };
  });
  return capture([UNDERLAY_SIDE], packets);
}
