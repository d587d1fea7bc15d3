import { describe, expect, test } from 'vitest';
import { makeReport } from '../../../../src/cli/bugreport/make-report.ts';
import { reportFiles } from '../../../../src/cli/bugreport/report-files.ts';
import { reportSockets } from '../../../../src/cli/bugreport/report-sockets.ts';
import type { ConfigCheckDocument } from '../../../../src/config/config-document.ts';
import { KINDS } from '../../../../src/model/records.ts';
import * as sample from '../sample-documents.ts';
import { type FakeMachineOptions, fakeMachine } from './fake-machine.ts';
import { unpack } from './unpack.ts';

const MARKER = 'MARKER9x';
const KEY = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=';

const CONFIG: ConfigCheckDocument = {
  schema: 'netweft.config-check/v1',
  daemon: 'agent',
  file: '/etc/netweft/agent.yaml',
  settings: [
    { key: 'host', value: 'x', source: 'file', line: 2, column: 1, required: true, reloadable: false },
    { key: 'metrics', value: '127.0.0.1:9790', source: 'file', line: 3, column: 1, required: false, reloadable: false },
    { key: 'auth.token', value: MARKER, source: 'file', line: 4, column: 1, required: false, reloadable: false },
  ],
};

const STARTED = {
  schema: 'netweft.event/v1',
  sequence: 1,
  time: '2026-11-20T10:00:00Z',
  daemon: 'agent',
  event: 'started',
  metrics: 'unix:/srv/metrics.sock',
};

/** A host with a mapping daemon and an agent, both of which answer with secrets in their answers. */
const HOST: FakeMachineOptions = {
  environment: { WEFT_SOCKET: '/run/x.sock', AWS_SECRET: MARKER, NO_COLOR: MARKER, HOME: `/home/${MARKER}` },
  texts: {
    '/etc/os-release': `NAME="Debian"\nVERSION_ID="12"\nHOME_URL="https://${MARKER}/"\n`,
    '/proc/self/status': `Name:\t${MARKER}\nCapEff:\t00000000000000c0\nNoNewPrivs:\t1\n`,
    '/proc/sys/net/core/rmem_max': '4194304\n',
    '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    '/proc/net/udp': [
      '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
      '  100: 010012C6:1E6E 00000000:0000 07 00000000:00000200 00:00000000 00000000   0  0 4242 2 0000000000000000 7',
      '  101: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   0  0 4243 2 0000000000000000 0',
    ].join('\n'),
  },
  folders: { '/run/systemd/system': [], '/etc/netweft': ['agent.yaml', 'agent-blue.yaml', `${MARKER}.yaml`, 'x.key'] },
  configs: { '/etc/netweft/agent.yaml': CONFIG },
  metrics: {
    'unix:/srv/metrics.sock': 'netweft_agent_flows 12\n',
    '127.0.0.1:9790': `netweft_agent_port_flows{port="a30"} 3\n# token=${MARKER}\n`,
  },
  programs: {
    'ip -json': JSON.stringify([
      { ifname: 'lo', mtu: 65536, address: MARKER },
      { ifname: 'eth0', mtu: 1500, operstate: 'UP', address: MARKER, stats64: { rx: { dropped: 4 } } },
      { ifname: 'eth1', mtu: 1500 },
      { ifname: 'tun0', mtu: 1400, linkinfo: { info_kind: 'tun' } },
    ]),
    'systemctl show': 'Id=netweft-agent@blue.service\nActiveState=active\nStatusText=registered, 2 of 2 ports up\n',
    'journalctl --no-pager': [
      '2026-11-20T10:00:00+0000 weft[12]: 2026-11-20T10:00:00.123Z INFO  agent port-up port=a30 device=tun0',
      `2026-11-20T10:00:01+0000 weft[12]: 2026-11-20T10:00:01.123Z WARN  agent odd password=${MARKER} old=z99 ${KEY}\u001b[2J`,
      '',
    ].join('\n'),
  },
  addresses: new Map([['eth0', ['198.18.0.1']]]),
  answers: {
    '/m.sock /v1/status': sample.MAPPER_STATUS,
    '/m.sock /v1/agreements': sample.AGREEMENTS,
    '/m.sock /v1/events?last=1000': sample.EVENTS,
    '/m.sock /v1/records/port': { ...sample.RECORDS, secretNote: MARKER },
    '/a.sock /v1/status': { ...sample.AGENT_STATUS, apiKey: { nested: MARKER } },
    '/a.sock /v1/ports': sample.PORTS,
    '/a.sock /v1/flows?limit=500': { ...sample.FLOWS, note: `psk: ${MARKER}` },
    '/a.sock /v1/drops': { ...sample.DROPS, note: KEY },
    '/a.sock /v1/events?last=1000': { ...sample.EVENTS, events: [...sample.EVENTS.events, STARTED] },
  },
};
const SOCKETS = ['/m.sock', '/a.sock', '/gone.sock'];

async function report(options: FakeMachineOptions, redactsAddresses = false, sockets: readonly string[] = SOCKETS) {
  const machine = fakeMachine(options);
  const made = await makeReport(machine, sockets, redactsAddresses);
  return { ...made, files: unpack(made.bytes), asked: machine.asked };
}

describe('a report', () => {
  test('begins with what is in it and what is not', async () => {
    const { files, items, stem, time } = await report(HOST);
    expect([stem, time]).toEqual(['weft-bugreport-rack7-acme-example-20261120T100000Z', '2026-11-20T10:00:00Z']);
    expect([...files.keys()][0]).toBe('README.txt');
    const readme = files.get('README.txt') ?? '';
    for (const { name, asked, bytes, failure } of items) {
      expect(readme).toMatch(new RegExp(`^${name} +${failure === undefined ? 'ok' : 'failed'} +${bytes} +3  .*`, 'm'));
      expect(readme).toContain(asked);
      expect(files.has(name)).toBe(failure === undefined);
    }
    expect(readme).toContain('\ndaemon-3/status.json: ENOENT: /gone.sock /v1/status\n');
  });

  test('holds what was asked', async () => {
    const { files } = await report(HOST);
    const json = (name: string) => JSON.parse(files.get(name) ?? 'null') as unknown;
    expect(json('daemon-1/status.json')).toEqual(sample.MAPPER_STATUS);
    expect(json('daemon-1/agreements.json')).toEqual(sample.AGREEMENTS);
    expect(json('daemon-2/ports.json')).toEqual(sample.PORTS);
    expect(json('daemon-1/events.json')).toEqual(sample.EVENTS);
    expect(json('weft.json')).toMatchObject({
      node: 'v20.20.2',
      addon: 'the native addon is missing: no /home/acme/netweft.node',
      environment: { WEFT_SOCKET: 'set', NO_COLOR: 'set', RUNTIME_DIRECTORY: 'not set', STATE_DIRECTORY: 'not set' },
    });
    expect(json('links.json')).toEqual({
      total: 2,
      links: [
        { device: 'eth0', role: 'underlay', mtu: 1500, operstate: 'UP', statistics: { rx: { dropped: 4 } } },
        { device: 'tun0', role: 'tun', kind: 'tun', mtu: 1400 },
      ],
    });
    expect(files.get('udp.txt')).toBe('198.18.0.1:7790 queues(tx:rx)=00000000:00000200 drops=7\n');
    expect(files.get('capabilities.txt')).toBe('CapEff: 00000000000000c0\nNoNewPrivs: 1\n');
    expect(files.get('distribution.txt')).toBe('NAME="Debian"\nVERSION_ID="12"\n');
    expect(files.get('sysctl.txt')).toContain('net.ipv4.ip_local_port_range = 32768 60999\n');
    expect(files.get('units.txt')).toContain('StatusText=registered, 2 of 2 ports up\n');
    expect(json('config-2.json')).toMatchObject({
      settings: { host: { value: 'x', source: 'file', line: 2 } },
    });
    expect(files.get('metrics-1.txt')).toBe('netweft_agent_flows 12\n');
    expect(files.get('metrics-2.txt')).toContain('netweft_agent_port_flows{port="a30"} 3\n');
  });

  test('asks for nothing but what the manual lists', async () => {
    const { asked } = await report(HOST);
    const requests = asked.filter((question) => question.startsWith('/m.sock ')).map((question) => question.slice(8));
    expect(requests).toEqual([
      '/v1/status',
      '/v1/agreements',
      '/v1/events?last=1000',
      ...KINDS.map((kind) => `/v1/records/${kind}`),
    ]);
    const rest = asked.filter((question) => !/^\/[mag][a-z]*\.sock |^\/proc\/sys\//.test(question));
    expect(rest.toSorted()).toEqual([
      '/dev/net/tun',
      '/etc/netweft',
      '/etc/netweft/agent-blue.yaml',
      '/etc/netweft/agent.yaml',
      '/etc/os-release',
      '/proc/net/udp',
      '/proc/self/status',
      '/run/systemd/system',
      '/run/systemd/system',
      '127.0.0.1:9790',
      'ip -json',
      'journalctl --no-pager',
      'systemctl show',
      'unix:/srv/metrics.sock',
    ]);
  });

  test.each([false, true])('holds no secret (other names and addresses: %s)', async (redactsAddresses) => {
    const { files, items } = await report(HOST, redactsAddresses);
    const all = [...files].flat().join('\n') + JSON.stringify(items);
    expect(all).not.toContain(MARKER);
    expect(all).not.toContain(KEY.slice(0, 12));
    expect(all).not.toContain('\u001b');
    expect(all).toContain('<redacted>');
  });

  test('has other names and addresses where that is wanted', async () => {
    const { files, items, stem } = await report(HOST, true);
    expect(stem).toBe('weft-bugreport-20261120T100000Z');
    const all = [...files].flat().join('\n') + JSON.stringify(items);
    for (const name of ['a30', 'b30', 'a-net', 'tun0', 'rack7', 'acme', 'blue', 'z99', '198.18', '10.1.2.', '.sock"']) {
      expect(all, name).not.toContain(name);
    }
    const json = (name: string) => JSON.parse(files.get(name) ?? 'null') as { ports: { device: string }[] };
    const { links } = JSON.parse(files.get('links.json') ?? '') as { links: { device: string }[] };
    expect(links[1]?.device).toBe(json('daemon-2/ports.json').ports[0]?.device);
    expect(files.get('metrics-2.txt')).toMatch(/^netweft_agent_port_flows\{port="port-\d"\} 3\n/);
    expect(files.get('journal.txt')).toContain('2026-11-20T10:00:00+0000 INFO agent port-up (fields left out)\n');
    expect(files.get('README.txt')).toContain('are others than in the cloud');
  });

  test('is made where everything is missing', async () => {
    const { files, items } = await report({}, false, ['/gone.sock']);
    expect([...files.keys()]).toEqual(['README.txt', 'weft.json', 'machine.json', 'tun.json', 'sysctl.txt']);
    expect(items.filter(({ failure }) => failure !== undefined).map(({ name }) => name)).toEqual([
      'distribution.txt',
      'capabilities.txt',
      'daemon-1/status.json',
      'links.json',
      'udp.txt',
      'units.txt',
      'journal.txt',
    ]);
    expect(items.at(-1)?.failure).toBe('systemd does not run here');
  });
});

describe('limits', () => {
  const text = (file: string, length: number) => ({ file, asked: 'x', tookMs: 0, content: 'xy\n'.repeat(length / 3) });
  const options = { redactsAddresses: false, hostname: 'x' };

  test('cut a file that is too long, and what does not fit any more', () => {
    const files = reportFiles([text('1', 300), text('2', 90), text('3', 90), text('4', 90)], options, {
      fileBytes: 120,
      reportBytes: 250,
    });
    expect(files.map(({ item: { cut = false } }) => cut)).toEqual([true, false, true, true]);
    const [first, second] = files.map(({ content }) => content?.toString() ?? '');
    expect(first).toMatch(/^(xy\n){40}\n\[cut here: 120 of 300 bytes\]\n$/);
    expect(second).toBe('xy\n'.repeat(30));
    const total = files.reduce((sum, { item }) => sum + item.bytes, 0);
    expect(total).toBeLessThan(250 + 4 * 40);
  });

  test('cut no secret in two', () => {
    const content = `${' '.repeat(90)}${KEY}`;
    const [file] = reportFiles([{ file: '1', asked: 'x', tookMs: 0, content }], options, {
      fileBytes: 110,
      reportBytes: 110,
    });
    expect(file?.content?.toString()).toBe(`${' '.repeat(90)}<redacted>`);
  });
});

test('asked are the sockets that are named, the usual ones, and those of further agents', async () => {
  const machine = fakeMachine({ folders: { '/run/netweft': ['lab', 'mapper.sock', 'agent-b', 'agent-a', 'agent'] } });
  expect(await reportSockets(machine, ['/u1', '/u2'], ['/c', '/u2'])).toEqual([
    '/c',
    '/u2',
    '/u1',
    '/run/netweft/agent-a/agent.sock',
    '/run/netweft/agent-b/agent.sock',
  ]);
  const many = Array.from({ length: 40 }, (_, index) => `/c${index}`);
  expect(await reportSockets(fakeMachine(), ['/u1'], many)).toHaveLength(16);
});
