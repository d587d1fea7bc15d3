/** ICMP errors that nobody's packet caused, forged about datagrams that daemons did send. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentStatusDocument, HostStatus, MapperStatusDocument } from '../../../src/admin/documents.ts';
import { type Endpoint, parseAddress, parseEndpoint } from '../../../src/base/ipv4.ts';
import { buildIpv4, buildUdp } from '../../../src/packet/build.ts';
import { internetChecksum } from '../../../src/packet/checksum.ts';
import { PROTOCOL_ICMP } from '../../../src/packet/protocols.ts';
import { type ForgeryScene, forgeryCloud, forgeryScene } from '../../kit/netns/forgery-scene.ts';
import { kernelCounter } from '../../kit/netns/kernel-counter.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import { OUTSIDER_ADDRESS, UNDERLAY_DEVICE } from '../../kit/netns/outsider.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const LIMIT_MS = 15_000;
const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const REDIRECT = 5;
/** Type, code, and the four bytes behind the checksum: a next-hop MTU, or a router. */
const ERRORS: readonly (readonly [type: number, code: number, rest: number])[] = [
  ...Array.from({ length: 16 }, (_, code) => [UNREACHABLE, code, 0] as const),
  ...[68, 576, 1300, 1499].map((mtu) => [UNREACHABLE, FRAGMENTATION_NEEDED, mtu] as const),
  [4, 0, 0], // source quench
  ...[0, 1, 2, 3].map((code) => [REDIRECT, code, parseAddress(OUTSIDER_ADDRESS) ?? 0] as const),
  [11, 0, 0], // time exceeded
  [11, 1, 0],
  [12, 0, 0], // parameter problem
];
/** The largest ping that an underlay of 1500 bytes carries whole: inner MTU 1400. */
const LARGEST_PING = '1372';

const lab = new TestLab(forgeryCloud(`wt-fic-${process.pid}`));
const devicesBefore = devicesHere();
let scene: ForgeryScene;

beforeAll(async () => {
  await lab.up();
  await Promise.all([...Object.keys(lab.cloud.hosts), 'mapper'].map((daemon) => acceptRedirects(daemon, 0)));
  scene = await forgeryScene(lab);
});

afterAll(async () => {
  await scene?.outsider.detach();
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

/** Sets what docs/security.md tells operators to switch off, and kernels begin with switched on. */
async function acceptRedirects(daemon: string, value: 0 | 1): Promise<void> {
  const files = ['all', UNDERLAY_DEVICE].map((device) => `/proc/sys/net/ipv4/conf/${device}/accept_redirects`);
  const where = `--net=/run/netns/${lab.hostNamespace(daemon)}`;
  const { status } = await lab.run('nsenter', where, 'sh', '-c', `echo ${value} | tee ${files.join(' ')}`);
  expect(status).toBe(0);
}

function endpoint(text: string | undefined, port: number): Endpoint {
  const parsed = parseEndpoint(text ?? '', port);
  if (parsed === undefined) throw new Error(`no endpoint: ${text}`);
  return parsed;
}

/** Every error there is about a datagram that `sender` might have sent, in the name of several who might complain. */
function errorsAbout(sender: Endpoint, receiver: Endpoint): { raw: string }[] {
  const quoted = buildUdp({
    source: sender.address,
    destination: receiver.address,
    sourcePort: sender.port,
    destinationPort: receiver.port,
    dontFragment: true,
    payload: Buffer.alloc(64),
  });
  const complainers = [receiver.address, parseAddress(OUTSIDER_ADDRESS) ?? 0, parseAddress('203.0.113.1') ?? 0];
  return complainers.flatMap((source) =>
    ERRORS.map(([type, code, rest]) => {
      const payload = icmpError(type, code, rest, quoted);
      const error = buildIpv4({ source, destination: sender.address, protocol: PROTOCOL_ICMP, payload });
      return { raw: Buffer.from(error).toString('hex') };
    }),
  );
}

function icmpError(type: number, code: number, rest: number, quoted: Uint8Array): Buffer {
  const message = Buffer.concat([Buffer.of(type, code, 0, 0, 0, 0, 0, 0), quoted]);
  message.writeUInt32BE(rest, 4);
  message.writeUInt16BE(internetChecksum(message), 2);
  return message;
}

async function mapperStatus(): Promise<MapperStatusDocument> {
  return lab.read<MapperStatusDocument>('mapper', 'netweft.mapper-status/v1', '/v1/status');
}

async function controlEndpoint(host: string): Promise<Endpoint> {
  const found = (await mapperStatus()).hosts.find(({ name }: HostStatus) => name === host);
  return endpoint(found?.endpoint, 0);
}

/** What may not change: processes, sessions. */
async function lives(): Promise<object> {
  const hosts = Object.keys(lab.cloud.hosts);
  const sessions = await Promise.all(
    hosts.map(async (host) => {
      const status = await lab.read<AgentStatusDocument>(host, 'netweft.agent-status/v1', '/v1/status');
      return [host, status.boot, status.mapper.state, status.mapper.session];
    }),
  );
  return { sessions, pids: [...hosts, 'mapper'].map((daemon) => lab.pid(daemon)) };
}

const mapper = endpoint(lab.cloud.mapper, 7791);
const y = endpoint(lab.cloud.hosts['y'], 7790);
const x = endpoint(lab.cloud.hosts['x'], 7790);

describe('errors about datagrams, redirects among them,', () => {
  test.each([
    { what: 'of the data port', daemon: 'y', about: async () => [y, x] as const },
    {
      what: "of an agent's control port",
      daemon: 'y',
      about: async () => [await controlEndpoint('y'), mapper] as const,
    },
    {
      what: 'of the mapping daemon',
      daemon: 'mapper',
      about: async () => [mapper, await controlEndpoint('y')] as const,
    },
  ])('$what end nothing, divert nothing and make nothing smaller', async ({ daemon, about }) => {
    const before = await lives();
    const [sender, receiver] = await about();
    const errors = errorsAbout(sender, receiver);
    const seen = await scene.watch.during(0, async () => {
      const taken = await kernelCounter(lab, daemon, 'Icmp.InMsgs');
      const unmatched = await kernelCounter(lab, daemon, 'Icmp.InErrors');
      await scene.outsider.send(errors);
      await until('the kernel takes them', LIMIT_MS, async () => {
        return (await kernelCounter(lab, daemon, 'Icmp.InMsgs')) - taken >= errors.length;
      });
      // Each is about a socket that there is.
      expect(await kernelCounter(lab, daemon, 'Icmp.InErrors')).toBe(unmatched);
    });
    expect(seen).toEqual({ drops: {}, delivered: {}, answers: [] });
    expect(await lives()).toEqual(before);
  });
});

test('the largest packets cross whole afterwards, and new agreements and ports are heard of', async () => {
  const fragments = await lab.capture({
    namespace: lab.hostNamespace('y'),
    device: UNDERLAY_DEVICE,
    direction: 'inout',
    filter: 'udp port 7790 and ip[6:2] & 0x3fff != 0',
  });
  const ping = ['ping', '-M', 'do', '-s', LARGEST_PING, '-c', '3', '-i', '0.1', '-W', '5', '10.1.2.51'];
  expect(await lab.weft('lab', 'exec', '--lab', lab.cloud.name, 'a31', '--', ...ping)).toMatchObject({ status: 0 });
  await fragments.stop();
  expect(fragments.packets).toEqual([]);
  // A push of the mapping daemon to host y, and a report in return.
  expect(await lab.weft('delete', 'port', 'b90')).toMatchObject({ status: 0 });
  await until('x has no b90', LIMIT_MS, async () => {
    return (await mapperStatus()).hosts.some(
      ({ name, ports }) => name === 'x' && ports.total === ports.up && ports.up === 3,
    );
  });
});

test('nothing else arrived or was answered, and honest traffic lost nothing', async () => {
  const { lost, sent } = await scene.stopHonest();
  expect(lost).toEqual([]);
  expect(sent).toBeGreaterThan(50);
  expect(await scene.watch.stop()).toEqual({ delivered: {}, answers: [] });
});

// Sealing will keep the outsider from reading what is diverted; only the kernel's setting keeps it from being diverted.
test('where the kernel believes redirects, they lead what one host says to another to the outsider', async () => {
  await acceptRedirects('y', 1);
  const filter = `udp port 7790 and src host ${lab.cloud.hosts['y']} and dst host ${lab.cloud.hosts['x']}`;
  const diverted = await lab.capture({
    namespace: scene.outsider.namespace,
    device: UNDERLAY_DEVICE,
    direction: 'in',
    filter,
  });
  await scene.outsider.send(errorsAbout(y, x));
  const ping = ['ping', '-c', '1', '-W', '1', '10.1.2.31'];
  expect(await lab.weft('lab', 'exec', '--lab', lab.cloud.name, 'a51', '--', ...ping)).toMatchObject({ status: 1 });
  await until('the outsider reads what the guest said', LIMIT_MS, () => diverted.packets.length > 0);
});
