/** Datagrams that must be dropped and counted: for the data port of host y, and for control ports. */
import type { AgreementEntry } from '../../../src/admin/documents.ts';
import { parseAddress } from '../../../src/base/ipv4.ts';
import { decodeMessage, encodeMessage } from '../../../src/control/codec.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { buildUdp } from '../../../src/packet/build.ts';
import { FRAMEWORK_NAMES, frameworkByName } from '../../../src/wire/frameworks.ts';
import { encodeHeader } from '../../../src/wire/header.ts';

/** A datagram that host y would deliver to a50, in the agreed wire version or another. */
export function goodDatagram(agreement: AgreementEntry, framework = agreement.framework): Buffer {
  const inner = buildUdp({
    source: parseAddress('10.1.2.70') ?? 0,
    destination: parseAddress('10.1.2.50') ?? 0,
    sourcePort: 4000,
    destinationPort: 5000,
    payload: Buffer.alloc(16, 7),
  });
  const known = frameworkByName(framework);
  if (known === undefined) throw new Error(`no framework ${framework}`);
  const body = { sourceGni: 1001, destinationGni: 1001, agreement: agreement.id, labels: [] };
  return Buffer.concat([encodeHeader(known, body), inner]);
}

function changed(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

/** The same lengths and bytes in every run. */
function noise(): Buffer[] {
  return [1, 3, 4, 20, 100, 1400].map((length) =>
    Buffer.from(Array.from({ length }, (_, at) => (at * 151 + length) & 255)),
  );
}

/** What the agreement's body could also look like in protobuf, and a body of another version. */
function otherEncodings(good: Buffer, agreement: AgreementEntry): Buffer[] {
  const canonical = goodDatagram(agreement, 'udp-pb/1.0');
  const length = canonical[3] ?? 0;
  const insert = (at: number, ...bytes: number[]) => {
    const longer = Buffer.concat([canonical.subarray(0, at), Buffer.from(bytes), canonical.subarray(at)]);
    return changed(longer, 3, length + bytes.length);
  };
  const unknownField = insert(length, 0x28, 1);
  const sourceTwice = insert(4, 0x08, 1);
  const noLabels = insert(length, 0x22, 0);
  return [unknownField, sourceTwice, noLabels, changed(good, 0, 3)];
}

/** Datagrams for the data port, who they claim to be of, and the only reasons for which they may be dropped. */
interface BadDatagrams {
  readonly what: string;
  /** Host z, or nobody known. */
  readonly from: 'peer' | 'stranger';
  readonly payloads: (good: Buffer, agreement: AgreementEntry) => readonly Uint8Array[];
  readonly reasons: readonly string[];
}

/** Of the agreed wire version, without labels. */
const HEADER_BYTES = 16;
/** Plain datagrams are the same for everybody. */
const ANYWHERE = { address: 1, port: 1 };

export const DATA_CASES: readonly BadDatagrams[] = [
  {
    what: 'cut short in the header',
    from: 'peer',
    payloads: (good) => Array.from({ length: HEADER_BYTES }, (_, length) => good.subarray(0, length)),
    reasons: ['bad-header'],
  },
  {
    what: 'cut short in the packet',
    from: 'peer',
    payloads: (good) => {
      const lengths = Array.from({ length: good.length - HEADER_BYTES }, (_, more) => HEADER_BYTES + more);
      return lengths.map((length) => good.subarray(0, length));
    },
    reasons: ['bad-total-length', 'too-short'],
  },
  {
    what: 'longer than its packet',
    from: 'peer',
    payloads: (good) => [Buffer.concat([good, good])],
    reasons: ['bad-total-length'],
  },
  {
    what: 'of unknown wire versions',
    from: 'peer',
    payloads: (good) => [0, 4, 9, 255].map((number) => changed(good, 0, number)),
    reasons: ['bad-header'],
  },
  {
    what: 'with a protobuf body that is not canonical',
    from: 'peer',
    payloads: otherEncodings,
    reasons: ['bad-header'],
  },
  {
    what: 'with flags that have no meaning yet',
    from: 'peer',
    payloads: (good) => Array.from({ length: 8 }, (_, bit) => changed(good, 1, 1 << bit)),
    reasons: ['bad-header'],
  },
  {
    what: 'with a wrong header length',
    from: 'peer',
    payloads: (good) => [0, 4, HEADER_BYTES - 1, HEADER_BYTES + 1, 255].map((length) => changed(good, 3, length)),
    reasons: ['bad-header'],
  },
  {
    what: 'of another wire version than agreed',
    from: 'peer',
    payloads: (_, agreement) =>
      FRAMEWORK_NAMES.filter((name) => name !== agreement.framework).map((name) => goodDatagram(agreement, name)),
    reasons: ['wrong-agreement'],
  },
  {
    what: 'under an agreement that nobody made',
    from: 'peer',
    payloads: (_, agreement) => [goodDatagram({ ...agreement, id: 999_999 })],
    reasons: ['wrong-agreement'],
  },
  {
    what: 'of a stranger',
    from: 'stranger',
    payloads: (good) => [good, good, good],
    reasons: ['unknown-sender'],
  },
  { what: 'of noise', from: 'peer', payloads: noise, reasons: ['bad-header'] },
  { what: "of a stranger's noise", from: 'stranger', payloads: noise, reasons: ['bad-header'] },
];

/** A registration as host y's agent would send it, and everything that is nearly one. */
export function nearRegistrations(): Buffer[] {
  const layer = plainSessionLayer();
  const body = {
    kind: 'register',
    host: 'y',
    boot: '0123456789abcdef',
    agentVersion: '9.9.9',
    frameworks: ['udp/2.0'],
  } as const;
  const good = Buffer.from(layer.seal(encodeMessage({ id: 1, session: 0, body }), ANYWHERE));
  const cut = Array.from({ length: good.length }, (_, length) => good.subarray(0, length));
  const otherLayers = [1, 2, 255].map((version) => changed(good, 1, version));
  const unknownKind = Buffer.concat([good.subarray(0, 2), Buffer.of(0xfa, 0x3f, 0x02, 0x08, 0x01)]);
  const tooLong = Buffer.concat([good, Buffer.alloc(1400)]);
  const all = [...cut, ...otherLayers, unknownKind, tooLong, Buffer.concat([good, Buffer.of(0)]), ...noise()];
  return all.filter((datagram) => !isReadable(datagram));
}

function isReadable(datagram: Buffer): boolean {
  const payload = plainSessionLayer().open(datagram, ANYWHERE);
  try {
    return payload !== undefined && decodeMessage(payload) !== undefined;
  } catch {
    return false;
  }
}
