import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/base/ipv4.ts';
import { buildUdp } from '../../../src/packet/build.ts';
import { describePacket } from '../../../src/packet/describe.ts';
import { PacketView } from '../../../src/packet/packet-view.ts';
import { frameworkByName } from '../../../src/wire/frameworks.ts';
import { decodeHeader, encodeHeader } from '../../../src/wire/header.ts';
import { fromHex, GOLDEN_FRAMES, GOLDEN_INNER } from './golden-frames.ts';

const OUTER_BYTES = 28;

function address(text: string): number {
  return parseAddress(text) ?? 0;
}

const inner = buildUdp({
  source: address('10.1.2.30'),
  destination: address('10.1.2.50'),
  sourcePort: 4660,
  destinationPort: 7,
  identification: 1,
  payload: Buffer.from('weft'),
});

describe('the golden guest packet', () => {
  it('is what the builder makes', () => {
    expect(inner).toEqual(fromHex(GOLDEN_INNER));
  });
});

describe.each(GOLDEN_FRAMES)('the golden frame of $name', ({ framework: name, labels, outer, header }) => {
  const golden = fromHex(`${outer} ${header} ${GOLDEN_INNER}`);
  const body = { sourceGni: 1001, destinationGni: 1001, agreement: 7, labels };
  const framework = frameworkByName(name);
  if (framework === undefined) throw new Error(`no framework ${name}`);

  it('is what encoding gives, byte for byte', () => {
    const frame = buildUdp({
      source: address('7.8.9.10'),
      destination: address('1.2.3.4'),
      sourcePort: 7790,
      destinationPort: 7790,
      dontFragment: true,
      payload: new Uint8Array([...encodeHeader(framework, body), ...inner]),
    });
    expect(Buffer.from(frame).toString('hex')).toBe(Buffer.from(golden).toString('hex'));
  });

  it('decodes to its header and exactly the packet that the guest sent', () => {
    const view = new PacketView();
    expect(view.parse(golden)).toBeUndefined();
    expect(describePacket(view)).toContain('UDP 7.8.9.10:7790 > 1.2.3.4:7790');
    const payload = golden.subarray(OUTER_BYTES);
    const decoded = decodeHeader(payload);
    expect(decoded.framework).toBe(framework);
    expect(decoded.body).toEqual(body);
    expect(payload.subarray(decoded.headerLength)).toEqual(fromHex(GOLDEN_INNER));
  });
});

describe('docs/wire-format.md', () => {
  const text = readFileSync(new URL('../../../docs/wire-format.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```hex\n([^`]+)```/g)].map(([, lines = '']) =>
    lines
      .split('\n')
      .map((line) => line.split('    ')[0]?.replaceAll(' ', ''))
      .join(''),
  );

  it('shows the golden bytes', () => {
    const golden = [GOLDEN_INNER, ...GOLDEN_FRAMES.map(({ outer, header }) => `${outer} ${header}`)];
    expect(blocks).toEqual(golden.map((hex) => hex.replaceAll(' ', '')));
  });
});
