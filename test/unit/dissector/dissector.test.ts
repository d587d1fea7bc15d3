/** What Wireshark shows of the golden captures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GOLDEN_MESSAGES } from '../control/golden-messages.ts';
import { ROOT } from '../source-files.ts';
import { DISSECTOR, goldenPath, tshark, tsharkFields } from './tshark.ts';

const dissector = readFileSync(DISSECTOR, 'utf8');
const COLUMNS = ['-o', 'gui.column.format:"No.","%m","Protocol","%p","Info","%i"'];

/** Frame numbers of a golden capture that a display filter lets through. */
function matching(capture: string, filter: string): number[] {
  const rows = tsharkFields(['frame.number'], ['-r', goldenPath(capture), '-Y', filter]);
  return rows.map((row) => Number(row['frame.number']));
}

/** Protocol and information column, a line for each packet. */
function listed(capture: string): string[] {
  const { status, out, err } = tshark(['-r', goldenPath(capture), ...COLUMNS]);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().replace(/^\d+ /, ''));
}

describe('frames', () => {
  it('show their network in front of what the guest says', () => {
    expect(listed('frames')).toEqual([
      'ICMP Echo (ping) request  id=0x0007, seq=1/256, ttl=64',
      'Netweft <ICMP> udp/1.0 GNI 1001 agreement 1 | Echo (ping) request  id=0x0007, seq=1/256, ttl=64',
      'Netweft <ICMP> udp/2.0 GNI 1001 agreement 1 | Echo (ping) request  id=0x0007, seq=1/256, ttl=64',
      expect.stringMatching(/^Netweft <TCP> udp\/2\.0 GNI 1001 agreement 7 \| 40000 → 443 \[SYN\]/),
      expect.stringMatching(/^Netweft <UDP> udp\/2\.0 GNI 1001 labels 16 1048575 agreement 7 \| /),
      expect.stringMatching(/^Netweft <UDP> udp\/2\.0 GNI 1001 labels 0 1 2 3 4 5 6 7 agreement 16777215 \| /),
      expect.stringMatching(/^Netweft <TCP> udp-pb\/1\.0 GNI 1001 agreement 9 \| /),
      expect.stringMatching(/^Netweft <UDP> udp-pb\/1\.0 GNI 1001 labels 16 128 1048575 agreement 300 \| /),
      expect.stringMatching(/^Netweft <ICMP> udp-pb\/1\.0 GNI 4294967295 -> 1001 agreement 16777215 \| Echo/),
      expect.stringMatching(
        /^Netweft <ICMP> udp\/2\.0 GNI 1001 -> 2002 labels 300 agreement 12 \| Destination unreach/,
      ),
      expect.stringMatching(/^Netweft <IPv4> udp\/1\.0 GNI 1001 agreement 1 \| Fragmented IP protocol/),
      expect.stringMatching(/^Netweft <IPv4> udp\/2\.0 GNI 1001 agreement 1 \| /),
    ]);
  });

  it('have a field for everything that they say', () => {
    const names = [
      'netweft.framework',
      'netweft.framework.name',
      'netweft.flags',
      'netweft.header_length',
      'netweft.label.count',
      'netweft.label',
      'netweft.gni.source',
      'netweft.gni.destination',
      'netweft.gni',
      'netweft.agreement',
      'netweft.inner.length',
      'netweft.fault',
    ];
    const rows = tsharkFields(names, ['-r', goldenPath('frames'), '-Y', 'frame.number in {5, 9}']);
    expect(rows.map((row) => names.map((name) => row[name]))).toEqual([
      ['2', 'udp/2.0', '0x00', '22', '2', '16,1048575', '1001', '1001', '1001,1001', '7', '32', ''],
      ['3', 'udp-pb/1.0', '0x00', '18', '', '', '4294967295', '1001', '4294967295,1001', '16777215', '32', ''],
    ]);
  });

  it.each([
    ['netweft.framework.name == "udp-pb/1.0"', [7, 8, 9]],
    ['netweft.framework == 1', [2, 11]],
    ['netweft.gni == 2002', [10]],
    ['netweft.gni.source == 4294967295', [9]],
    ['netweft.gni.differ', [9, 10]],
    ['netweft.label == 1048575', [5, 8]],
    ['netweft.labels', [5, 6, 8, 10]],
    ['netweft.agreement == 7 && tcp.dstport == 443', [4]],
    ['netweft.cut_short', [12]],
    ['netweft && icmp', [2, 3, 9, 10]],
    ['frame.comment contains "agreement 300 udp-pb/1.0"', [8]],
  ])('are found by %s', (filter, numbers) => {
    expect(matching('frames', filter)).toEqual(numbers);
  });

  it('keep comment, time, direction and interface of the capture', () => {
    const names = ['frame.comment', 'frame.time_epoch', 'frame.interface_name', 'frame.packet_flags_direction'];
    const [guest, underlay] = tsharkFields(names, ['-r', goldenPath('frames'), '-c', '2']).map(Object.values);
    const comment = 'netweft: send; GNI 1001 -> 1001; agreement 1 udp/1.0; by port/a30 generation c0ffee:17';
    expect(guest).toEqual([comment, '1795161600.000000000', 'a30', '0x00000001']);
    expect(underlay).toEqual([comment, '1795161600.001000001', 'underlay', '0x00000002']);
  });
});

describe('what no host accepts', () => {
  it('is marked, each with its own expert information', () => {
    const names = [
      'frame.comment',
      'netweft.fault',
      'netweft.inner.fault',
      '_ws.expert.message',
      '_ws.expert.severity',
    ];
    const rows = tsharkFields(names, ['-r', goldenPath('malformed'), '-Y', 'netweft']);
    expect(rows).toHaveLength(48);
    for (const row of rows) {
      const fault = row['netweft.fault'] || row['netweft.inner.fault'];
      expect(row).not.toMatchObject({ 'netweft.fault': '', 'netweft.inner.fault': '' });
      expect(row['_ws.expert.message']).toContain(fault);
    }
  });

  it.each([
    ['netweft.envelope.malformed', ['three bytes', 'header length']],
    ['netweft.framework.unknown', ['framework 0', 'a framework that is not known']],
    ['netweft.flags.reserved', ['flag ', 'a flag without a name']],
    ['netweft.flags.sealed == 1', ['flag sealed']],
    ['netweft.inner.malformed', ['a guest packet', 'no guest packet']],
    ['netweft.body.noncanonical', ['udp-pb/1.0']],
  ])('is found by %s', (filter, rules) => {
    const rows = tsharkFields(['frame.comment'], ['-r', goldenPath('malformed'), '-Y', filter]);
    const found = rows.map((row) => row['frame.comment'] ?? '');
    expect(found.filter((rule) => !rules.some((start) => rule.startsWith(start)))).toEqual([]);
    for (const start of rules) expect(found.some((rule) => rule.startsWith(start))).toBe(true);
  });
});

describe('control messages', () => {
  it('show their kind, id and session', () => {
    const shown = listed('control');
    expect(shown).toEqual(
      expect.arrayContaining([
        'Netweft control register id 4294967297',
        'Netweft control heartbeat-ack id 7 session 9',
        'Netweft control refused id 11',
        'Netweft control push session 9',
        'Netweft control not decodable: not of the plain session layer',
      ]),
    );
    expect(shown.filter((line) => !line.startsWith('Netweft control '))).toEqual([]);
  });

  it('are of the kind that was sent, or marked as none', () => {
    const names = ['frame.comment', 'netweft.control.kind.name', 'netweft.control.fault', '_ws.expert.message'];
    const rows = tsharkFields(names, ['-r', goldenPath('control')]);
    const kinds = new Set<string>(GOLDEN_MESSAGES.map(({ message }) => message.body.kind));
    for (const row of rows) {
      const comment = row['frame.comment'] ?? '';
      if (kinds.has(comment)) expect(row).toMatchObject({ 'netweft.control.kind.name': comment });
      else expect(row['_ws.expert.message']).toBe(`${comment},${row['netweft.control.fault']}`);
    }
    expect(matching('control', 'netweft.control.malformed')).toHaveLength(rows.length - kinds.size);
    expect(matching('control', 'netweft.control.kind.name == "push-ack"')).toHaveLength(1);
  });

  it('are named as in the protocol, every one', () => {
    const protocol = readFileSync(join(ROOT, 'proto/control.proto'), 'utf8');
    const oneof = protocol.slice(protocol.indexOf('oneof body {'), protocol.indexOf('message Register {'));
    const kinds = [...oneof.matchAll(/^ +\w+ (\w+) = (\d+);$/gm)].map(([, name = '', number]) => [number, name]);
    const table = dissector.slice(dissector.indexOf('MESSAGE_KINDS = {'), dissector.indexOf('local is_set'));
    const known = [...table.matchAll(/\[(\d+)\] = "([a-z-]+)"/g)].map(([, number, name = '']) => [number, name]);
    expect(known).toEqual(kinds.map(([number, name = '']) => [number, name.replaceAll('_', '-')]));
    expect(known.length).toBeGreaterThan(12);
  });

  it('show every field by name where Wireshark knows the folder of the protocols', () => {
    const paths = `uat:protobuf_search_paths:"${join(ROOT, 'proto')}","TRUE"`;
    const { out } = tshark(['-r', goldenPath('control'), '-o', paths, '-O', 'protobuf', '-Y', 'frame.number == 8']);
    expect(out).toContain('Field(5): framework = udp/2.0 (string)');
  });
});

describe('preferences', () => {
  it('move the ports of both kinds', () => {
    const other = ['-o', 'netweft.ports:8000,8001', '-o', 'netweft.control_ports:9000'];
    expect(tsharkFields(['netweft'], ['-r', goldenPath('frames'), '-Y', 'netweft', ...other])).toEqual([]);
    const swapped = ['-o', 'netweft.ports:9999', '-o', 'netweft.control_ports:7780-7790'];
    const rows = tsharkFields(['frame.number'], ['-r', goldenPath('frames'), '-Y', 'netweft.control', ...swapped]);
    expect(rows).toHaveLength(11);
  });
});

describe('the file', () => {
  it('uses nothing that one of Lua 5.2 and 5.4 lacks', () => {
    const code = dissector.replace(/--.*$/gm, '').replace(/"[^"]*"/g, '""');
    expect(
      code.match(/\/\/|<<|>>|&|\||~(?!=)|\b(bit|bit32|goto|unpack|setfenv|loadstring|utf8)\b|math\.(pow|type)/g),
    ).toBe(null);
  });

  it('may be loaded twice', () => {
    const twice = tshark(['-X', `lua_script:${DISSECTOR}`, '-r', goldenPath('frames'), '-Y', 'netweft.label == 300']);
    expect(twice).toMatchObject({ status: 0, err: '' });
    expect(twice.out).toContain('GNI 1001 -> 2002');
  });
});
