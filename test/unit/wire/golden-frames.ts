/**
 * Complete underlay packets as hexadecimal, one field a line: outer IPv4 and UDP from 7.8.9.10 to
 * 1.2.3.4 port 7790, and in them a UDP packet of a guest, 10.1.2.30 to 10.1.2.50, of tenant 1001,
 * under agreement 7. `docs/wire-format.md` explains the same bytes.
 */
export interface GoldenFrame {
  readonly name: string;
  readonly framework: string;
  readonly labels: readonly number[];
  readonly outer: string;
  readonly header: string;
}

/** The guest's packet, the same in every frame. */
export const GOLDEN_INNER = [
  '45 00 0020', // version 4, header of 5 words; TOS 0; total length 32
  '0001 0000', // identification 1; no fragment
  '40 11 627b', // TTL 64; UDP; header checksum
  '0a01021e', // source 10.1.2.30
  '0a010232', // destination 10.1.2.50
  '1234 0007', // source port 4660; destination port 7
  '000c f76f', // length 12; checksum
  '77656674', // "weft"
].join(' ');

export const GOLDEN_FRAMES: readonly GoldenFrame[] = [
  {
    name: 'udp/1.0',
    framework: 'udp/1.0',
    labels: [],
    outer: [
      '45 00 004c', // total length 76
      '0000 4000', // don't fragment
      '40 11 268a', // TTL 64; UDP; header checksum
      '0708090a', // source 7.8.9.10
      '01020304', // destination 1.2.3.4
      '1e6e 1e6e', // ports 7790
      '0038 be10', // length 56; checksum
    ].join(' '),
    header: [
      '01 00 0010', // framework 1; no flags; header length 16
      '000003e9', // source GNI 1001
      '000003e9', // destination GNI 1001
      '00000007', // agreement 7
    ].join(' '),
  },
  {
    name: 'udp/2.0',
    framework: 'udp/2.0',
    labels: [],
    outer: [
      '45 00 004c', // total length 76
      '0000 4000', // don't fragment
      '40 11 268a', // TTL 64; UDP; header checksum
      '0708090a', // source 7.8.9.10
      '01020304', // destination 1.2.3.4
      '1e6e 1e6e', // ports 7790
      '0038 b617', // length 56; checksum
    ].join(' '),
    header: [
      '02 00 0010', // framework 2; no flags; header length 16
      '000007 00', // agreement 7; 0 labels
      '000003e9', // destination GNI 1001
      '000003e9', // source GNI 1001
    ].join(' '),
  },
  {
    name: 'udp/2.0 with labels',
    framework: 'udp/2.0',
    labels: [16, 1048575],
    outer: [
      '45 00 0052', // total length 82
      '0000 4000', // don't fragment
      '40 11 2684', // TTL 64; UDP; header checksum
      '0708090a', // source 7.8.9.10
      '01020304', // destination 1.2.3.4
      '1e6e 1e6e', // ports 7790
      '003e a5f4', // length 62; checksum
    ].join(' '),
    header: [
      '02 00 0016', // framework 2; no flags; header length 22
      '000007 02', // agreement 7; 2 labels
      '000003e9', // destination GNI 1001
      '000003e9', // source GNI 1001
      '000010', // outermost label 16
      '0fffff', // label 1048575
    ].join(' '),
  },
  {
    name: 'udp-pb/1.0',
    framework: 'udp-pb/1.0',
    labels: [],
    outer: [
      '45 00 0048', // total length 72
      '0000 4000', // don't fragment
      '40 11 268e', // TTL 64; UDP; header checksum
      '0708090a', // source 7.8.9.10
      '01020304', // destination 1.2.3.4
      '1e6e 1e6e', // ports 7790
      '0034 b2ed', // length 52; checksum
    ].join(' '),
    header: [
      '03 00 000c', // framework 3; no flags; header length 12
      '08 e907', // source GNI 1001
      '10 e907', // destination GNI 1001
      '18 07', // agreement 7
    ].join(' '),
  },
  {
    name: 'udp-pb/1.0 with labels',
    framework: 'udp-pb/1.0',
    labels: [16, 1048575],
    outer: [
      '45 00 004e', // total length 78
      '0000 4000', // don't fragment
      '40 11 2688', // TTL 64; UDP; header checksum
      '0708090a', // source 7.8.9.10
      '01020304', // destination 1.2.3.4
      '1e6e 1e6e', // ports 7790
      '003a 8098', // length 58; checksum
    ].join(' '),
    header: [
      '03 00 0012', // framework 3; no flags; header length 18
      '08 e907', // source GNI 1001
      '10 e907', // destination GNI 1001
      '18 07', // agreement 7
      '22 04', // labels in 4 bytes
      '10', // outermost label 16
      'ffff3f', // label 1048575
    ].join(' '),
  },
];

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}
