/** Datagrams that hosts must refuse, whoever sends them: each begins as what host x could say to host y. */
import type { AgreementEntry } from '../../../src/admin/documents.ts';
import { parseAddress } from '../../../src/base/ipv4.ts';
import { buildIpv4 } from '../../../src/packet/build.ts';
import { PROTOCOL_TCP } from '../../../src/packet/protocols.ts';
import type { DropReason } from '../../../src/pipeline/drop-reasons.ts';
import { FRAMEWORKS } from '../../../src/wire/frameworks.ts';
import { agreementOf, type Claim, datagramOf, innerOf, payloadOf } from './forged-claim.ts';
import { type ForgedDatagram, OUTSIDER_ADDRESS } from './outsider.ts';

export interface RefusedCase {
  readonly what: string;
  readonly forge: (good: Claim, agreements: readonly AgreementEntry[]) => readonly ForgedDatagram[];
  readonly reason: DropReason;
}

/** ECN, in the TOS byte: congestion was experienced. */
const CE = 0b11;
/** Smaller than the datagrams here, so that each becomes three fragments. */
export const FRAGMENT_BYTES = 32;
const HEADER_LENGTH_AT = 3;
const FLAGS_AT = 1;

function changed(bytes: Uint8Array, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

/** The same claim with other words in each. */
function claims(good: Claim, others: readonly Partial<Claim>[]): ForgedDatagram[] {
  return others.map((other) => datagramOf({ ...good, ...other }));
}

export const WRONG_SENDERS: readonly RefusedCase[] = [
  {
    what: "of an outsider's own address",
    forge: (good) => claims(good, [{ from: `${OUTSIDER_ADDRESS}:7790` }, { from: `${OUTSIDER_ADDRESS}:40000` }]),
    reason: 'unknown-sender',
  },
  {
    what: 'of addresses that nobody has, here and far away',
    forge: (good) =>
      claims(good, [
        { from: '198.19.7.8:7790' },
        { from: '203.0.113.9:7790' },
        { from: '240.0.0.1:7790' },
        { from: '10.1.2.30:1' },
      ]),
    reason: 'unknown-sender',
  },
  {
    what: 'of the mapping daemon',
    forge: (good) => claims(good, [{ from: '198.19.7.2:7791' }, { from: '198.19.7.2:7790' }]),
    reason: 'unknown-sender',
  },
  {
    what: "of a host's address and another port",
    forge: (good) =>
      ['7791', '7789', '1', '65535'].map((port) => datagramOf({ ...good, from: `${good.from.split(':')[0]}:${port}` })),
    reason: 'unknown-sender',
  },
];

/** With the address of a host that is known, and its port. */
export const WRONG_HEADERS: readonly RefusedCase[] = [
  {
    what: 'under no agreement',
    forge: (good) => claims(good, [{ agreement: 999_999 }, { agreement: 2 ** 24 - 1 }]),
    reason: 'wrong-agreement',
  },
  {
    what: "under another sender's agreement with the same receiver",
    forge: (good, agreements) => claims(good, [{ agreement: agreementOf(agreements, 'z', 'y').id }]),
    reason: 'wrong-agreement',
  },
  {
    what: "under its sender's agreement with another receiver",
    forge: (good, agreements) => claims(good, [{ agreement: agreementOf(agreements, 'x', 'z').id }]),
    reason: 'wrong-agreement',
  },
  {
    what: 'under the agreement of the other direction, or of a pair that it is no part of',
    forge: (good, agreements) =>
      claims(
        good,
        [agreementOf(agreements, 'y', 'x'), agreementOf(agreements, 'z', 'x')].map(({ id }) => ({ agreement: id })),
      ),
    reason: 'wrong-agreement',
  },
  {
    what: 'in other wire versions than agreed',
    forge: (good) =>
      claims(
        good,
        FRAMEWORKS.filter(({ name }) => name !== good.framework).map(({ name }) => ({ framework: name })),
      ),
    reason: 'wrong-agreement',
  },
  {
    what: 'with a tenant in front and another behind',
    forge: (good) => claims(good, [{ gnis: [1001, 2002] }, { gnis: [2002, 1001] }, { gnis: [1001, 3003] }]),
    reason: 'gni-mismatch',
  },
  {
    what: 'of a tenant that nobody is',
    forge: (good) => claims(good, [{ gnis: [3003, 3003] }, { gnis: [2 ** 32 - 1, 2 ** 32 - 1] }]),
    reason: 'no-such-port',
  },
  {
    what: 'with labels that the network does not wear',
    forge: (good) => claims(good, [{ labels: [16] }, { labels: [0] }, { labels: [1, 2, 3, 4, 5, 6, 7, 8] }]),
    reason: 'labels-mismatch',
  },
  {
    what: 'with flags that have no meaning yet',
    forge: (good) =>
      Array.from({ length: 8 }, (_, bit) => datagramOf(good, changed(payloadOf(good), FLAGS_AT, 1 << bit))),
    reason: 'bad-header',
  },
  {
    what: 'with a header length that lies',
    forge: (good) => {
      const payload = payloadOf(good);
      const length = payload.length - innerOf(good).length;
      const lies = [0, 3, 4, length - 1, length + 1, length + 3, 64, 65, 255];
      return [
        ...lies.map((lie) => datagramOf(good, changed(payload, HEADER_LENGTH_AT, lie))),
        datagramOf(good, changed(payload, HEADER_LENGTH_AT - 1, 1)),
      ];
    },
    reason: 'bad-header',
  },
  {
    what: 'cut short in the header, or empty',
    forge: (good) => [0, 1, 3, 4, 5, 15].map((length) => datagramOf(good, payloadOf(good).subarray(0, length))),
    reason: 'bad-header',
  },
  {
    what: 'of another protocol altogether',
    forge: (good) => [datagramOf(good, Buffer.from('GET / HTTP/1.1\r\n\r\n')), datagramOf(good, innerOf(good))],
    reason: 'bad-header',
  },
];

/** Behind a header that is right. */
export const WRONG_GUEST_PACKETS: readonly RefusedCase[] = [
  {
    what: 'of a guest of another host',
    forge: (good) => claims(good, [{ source: '10.1.2.70' }, { source: '10.1.2.50' }]),
    reason: 'source-not-there',
  },
  {
    what: 'of a guest that only another tenant has on that host, or nobody',
    forge: (good) => claims(good, [{ source: '10.1.2.90' }, { source: '10.1.2.99' }]),
    reason: 'source-not-there',
  },
  {
    what: 'from outside of the network',
    forge: (good) => claims(good, [{ source: '198.19.7.11' }, { source: '203.0.113.9' }, { source: '127.0.0.1' }]),
    reason: 'no-subnet',
  },
  {
    what: 'for a guest of another host, or nobody',
    forge: (good) => claims(good, [{ destination: '10.1.2.70' }, { destination: '10.1.2.99' }]),
    reason: 'no-such-port',
  },
  {
    what: 'for everybody, or for the host itself',
    forge: (good) =>
      claims(
        good,
        ['10.1.2.255', '255.255.255.255', '224.0.0.251', '198.19.7.12', '127.0.0.1'].map((destination) => {
          return { destination };
        }),
      ),
    reason: 'no-such-port',
  },
  {
    what: 'cut short',
    forge: (good) => [20, 27, 35].map((length) => datagramOf(good, payloadOf(good, innerOf(good).subarray(0, length)))),
    reason: 'bad-total-length',
  },
  {
    what: 'with more behind it',
    forge: (good) => [datagramOf(good, Buffer.concat([payloadOf(good), payloadOf(good)]))],
    reason: 'bad-total-length',
  },
  {
    what: 'with a wrong checksum of its header',
    forge: (good) => [datagramOf(good, payloadOf(good, changed(innerOf(good), 10, 0)))],
    reason: 'bad-header-checksum',
  },
  {
    what: 'too short for its protocol',
    forge: (good) => [datagramOf(good, payloadOf(good, shortTcp(good)))],
    reason: 'truncated-transport',
  },
  {
    what: 'with congestion marked outside where the flow cannot carry the mark',
    forge: (good) => [{ ...datagramOf(good), tos: CE }],
    reason: 'ecn-not-capable',
  },
];

/** What the outer packet looks like changes nothing about a refusal. */
export const ODD_CARRIERS: readonly RefusedCase[] = [
  {
    what: 'without a UDP checksum',
    forge: (good) => [{ ...datagramOf({ ...good, agreement: 999_999 }), checksum: 'none' }],
    reason: 'wrong-agreement',
  },
  {
    what: 'at the end of its TTL',
    forge: (good) => [{ ...datagramOf({ ...good, agreement: 999_999 }), ttl: 1 }],
    reason: 'wrong-agreement',
  },
  {
    what: 'in fragments',
    forge: (good) => {
      const [first, second] = claims(good, [{ agreement: 999_999 }, { gnis: [1001, 2002], agreement: 999_999 }]);
      return [first, second].flatMap((one, at) => {
        return one === undefined ? [] : [{ ...one, fragmentBytes: FRAGMENT_BYTES, identification: 700 + at }];
      });
    },
    reason: 'wrong-agreement',
  },
];

/** An IP packet that is whole, and ends in its TCP header. */
function shortTcp({ source, destination }: Claim): Uint8Array {
  const fields = { source: parseAddress(source) ?? 0, destination: parseAddress(destination) ?? 0 };
  return buildIpv4({ ...fields, protocol: PROTOCOL_TCP, payload: Buffer.alloc(12) });
}
