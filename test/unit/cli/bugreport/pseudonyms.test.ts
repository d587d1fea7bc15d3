import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logOutline } from '../../../../src/cli/bugreport/log-outline.ts';
import { Pseudonyms } from '../../../../src/cli/bugreport/pseudonyms.ts';
import { AGENT_STATUS, AGREEMENTS, EVENTS, FLOWS, MAPPER_STATUS, PORTS, RECORDS } from '../sample-documents.ts';

const numRuns = process.env['WEFT_FULL'] === '1' ? 20_000 : 500;
const DOCUMENTS = [MAPPER_STATUS, AGENT_STATUS, PORTS, FLOWS, RECORDS, AGREEMENTS, EVENTS];

function learnt(...documents: readonly unknown[]): Pseudonyms {
  const pseudonyms = new Pseudonyms();
  for (const document of documents) pseudonyms.learn(document);
  return pseudonyms;
}

describe('names and addresses', () => {
  test('of a report are the same throughout', () => {
    const pseudonyms = learnt(RECORDS, PORTS, AGREEMENTS);
    const [port, ports] = [RECORDS, PORTS].map((document) => pseudonyms.replaceDocument(document)) as [
      typeof RECORDS,
      typeof PORTS,
    ];
    const spec = port.records[0]?.spec as { readonly addresses: string[]; readonly host: string };
    expect(port.records[0]?.name).toBe('port-1');
    expect(ports.ports[0]).toMatchObject({ name: 'port-1', addresses: spec.addresses, network: 'network-1' });
    expect(ports.ports[1]).toMatchObject({ name: 'port-2', addresses: [spec.addresses[0], '10.0.0.2'] });
    expect(spec).toMatchObject({ addresses: ['10.0.0.1'], host: 'host-1', namespace: 'namespace-1' });
    expect(pseudonyms.replaceDocument(AGREEMENTS)).toMatchObject({
      agreements: [
        { sender: 'host-1', receiver: 'host-2' },
        { sender: 'host-2', receiver: 'host-1' },
      ],
    });
    expect(pseudonyms.replaceText('a30, weft-a30 (b30:2) sends 10.1.2.30:53 > 10.1.2.31/32 on x.example')).toBe(
      'port-1, namespace-1 (port-2:2) sends 10.0.0.1:53 > 10.0.0.2/32 on host-1.example',
    );
  });

  test('of no sample of a daemon survive', () => {
    const pseudonyms = learnt(...DOCUMENTS);
    const text = JSON.stringify(DOCUMENTS.map((document) => pseudonyms.replaceDocument(document)));
    for (const name of ['a30', 'b30', 'a-guest-30', 'a-subnet', 'a-net', 'weft-a30', 'tun0', '10.1.2', '198.18']) {
      expect(JSON.stringify(DOCUMENTS)).toContain(name);
      expect(text).not.toContain(name);
    }
    expect(text).not.toMatch(/"[xy]"|host [xy]\b/);
  });

  test.each([
    ['addresses', '10.1.2.30, 10.1.2.30.', '10.0.0.1, 10.0.0.1.'],
    ['prefixes', '10.1.2.0/24', '10.0.0.1/24'],
    ['endpoints', 'from=198.18.0.9:5', 'from=10.0.0.1:5'],
    ['addresses in names', 'veth-10.1.2.30-up', 'veth-10.0.0.1-up'],
    ['IPv6', '2001:db8::1 and [fe80::1]:53', 'fd00::1 and [fd00::2]:53'],
    ['paths', 'no /srv/acme/x.db; /run/netns/blue', 'no path-1; path-2'],
    [
      'paths in sentences',
      '/srv/a.db: ENOENT, "/srv/a.db", /srv/a.db. /run/netweft/mapper.sock: ENOENT',
      'path-1: ENOENT, "path-1", path-1. /run/netweft/mapper.sock: ENOENT',
    ],
    ['a socket of one of several agents', '/run/netweft/agent-blue/agent.sock', 'path-1'],
  ])('replaces %s', (_, text, expected) => {
    expect(new Pseudonyms().replaceText(text)).toBe(expected);
  });

  test.each([
    '127.0.0.1:9790 0.0.0.0:7791 255.255.255.255 ::1',
    '2026-11-20T10:00:01.123Z udp/2.0 v20.20.2 6.18.44 12:30:01',
    '/run/netweft/agent/agent.sock /run/netweft/mapper.sock /etc/netweft/agent.yaml /v1/records/port /proc/net/udp',
    'generation 5b1f0c3e9a7d4420:12',
  ])('leaves %s', (text) => {
    expect(new Pseudonyms().replaceText(text)).toBe(text);
  });

  test('leave the words of documents alone', () => {
    const pseudonyms = learnt({ kind: 'tenant', name: 'up' }, { kind: 'host', name: 'netweft' });
    const document = { schema: 'netweft.ports/v1', state: 'up', up: 1, trouble: 'up' };
    expect(pseudonyms.replaceDocument(document)).toEqual({ ...document, trouble: 'tenant-1' });
  });

  test('of records do not survive in text, whatever they are', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const kind = fc.constantFrom('tenant', 'network', 'subnet', 'host', 'guest', 'port');
    const glue = fc.constantFrom(' ', ', ', '=', '/', ' "', ': ', '(', ')', '.', '@', '\n');
    const names = fc.uniqueArray(label, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(names, kind, fc.array(glue, { minLength: 8, maxLength: 8 }), (chosen, of, glues) => {
        const pseudonyms = learnt(chosen.map((name) => ({ kind: of, name })));
        const text = chosen.map((name, index) => `${name}${glues[index]}`).join('');
        const standIns = chosen.map((_, index) => `${of}-${index + 1}`);
        const left = pseudonyms.replaceText(text).replaceAll(/path-\d+|10\.0\.0\.\d+/g, '');
        expect(left.split(/[^a-z0-9-]+/).filter((word) => word !== '' && !standIns.includes(word))).toEqual([]);
      }),
      { numRuns },
    );
  });
});

test('of the journal only closed words stay', () => {
  const lines = [
    '2026-11-20T10:00:00+0000 weft[12]: 2026-11-20T10:00:00.123Z INFO  agent port-up port=a30 device=weft0',
    '2026-11-20T10:00:01+0000 weft[12]: {"level":"warn","time":"x","component":"mapper","host":"x","event":"host-silent"}',
    '2026-11-20T10:00:02+0000 systemd[1]: Started netweft-agent@blue.service.',
    '2026-11-20T10:00:03+0000 weft[12]: {"level":"warn","component":"a b30","event":"up"}',
    '    at b30 (file:///srv/acme)',
    '',
  ];
  expect(logOutline(lines.join('\n')).split('\n')).toEqual([
    '2026-11-20T10:00:00+0000 INFO agent port-up (fields left out)',
    '2026-11-20T10:00:01+0000 warn mapper host-silent (fields left out)',
    '2026-11-20T10:00:02+0000 (text left out)',
    '2026-11-20T10:00:03+0000 (text left out)',
    '- (text left out)',
    '',
  ]);
});
