/** Hosts that have only the protobuf wire version in common talk in it, beside pairs that have a better one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgreementsDocument } from '../../../src/admin/documents.ts';
import { NOTHING } from '../../kit/netns/left-behind.ts';
import { twoTenants } from '../../kit/netns/test-cloud.ts';
import { MAIN, TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const PINGS = 3;
const LIMIT_MS = 15_000;

/** Host x offers one version, y prefers it, and z offers what an agent offers by itself. */
const cloud = {
  ...twoTenants(`wt-frm-${process.pid}`),
  frameworks: { x: ['udp-pb/1.0'], y: ['udp-pb/1.0', 'udp/2.0'] },
};
const lab = new TestLab(cloud);

beforeAll(() => lab.up());

afterAll(async () => {
  expect(await lab.down()).toEqual(NOTHING);
});

interface Frame {
  /** `address:port`. */
  readonly source: string;
  readonly destination: string;
  readonly framework: string;
  readonly sourceGni: number;
  readonly destinationGni: number;
  readonly labels: readonly number[];
  readonly agreement: number;
}

/** What `tcpdump | weft decode` prints of so many frames on the underlay, which `act` causes. */
async function decoded(frames: number, act: () => Promise<void>): Promise<Frame[]> {
  const filter = ['-U', '--immediate-mode', '-c', String(frames), '-w', '-', 'udp', 'port', '7790'];
  const net = `--net=/run/netns/${lab.hostNamespace('bridge')}`;
  const options = { env: lab.environment, timeout: 30_000 };
  const tcpdump = spawn('nsenter', [net, '--', 'tcpdump', '-ni', 'bridge', '-Z', 'root', ...filter], options);
  const decode = spawn(process.execPath, [MAIN, 'decode', '-', '--json'], options);
  tcpdump.stdout.pipe(decode.stdin);
  const lines = text(decode.stdout);
  const ended = once(decode, 'close');
  let messages = '';
  tcpdump.stderr.on('data', (chunk) => {
    messages += String(chunk);
  });
  await until('tcpdump listens', LIMIT_MS, () => messages.includes('listening on'));
  await act();
  expect(await ended).toEqual([0, null]);
  return (await lines)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Frame);
}

/** Pings and both directions' frames of them. */
function pinged(guest: string, address: string): Promise<Frame[]> {
  return decoded(2 * PINGS, async () => {
    const ping = ['ping', '-c', String(PINGS), '-i', '0.2', '-W', '5', address];
    expect(await lab.weft('lab', 'exec', '--lab', cloud.name, guest, '--', ...ping)).toMatchObject({ status: 0 });
  });
}

/** `framework from > to` of every frame, each once. */
function directions(frames: readonly Frame[]): string[] {
  const names = new Map(Object.entries(cloud.hosts).map(([name, address]) => [`${address}:7790`, name]));
  const all = frames.map((frame) => `${names.get(frame.source)} > ${names.get(frame.destination)} ${frame.framework}`);
  return [...new Set(all)].toSorted();
}

test('hosts with nothing else in common talk in udp-pb, as tcpdump and weft decode see it', async () => {
  const frames = await pinged('a30', '10.1.2.50');
  expect(directions(frames)).toEqual(['x > y udp-pb/1.0', 'y > x udp-pb/1.0']);
  for (const frame of frames) expect(frame).toMatchObject({ sourceGni: 1001, destinationGni: 1001, labels: [] });
});

test('each direction is in what its sender ranks best', async () => {
  expect(directions(await pinged('b50', '10.1.2.70'))).toEqual(['y > z udp-pb/1.0', 'z > y udp/2.0']);
});

test('every frame has the agreement that the mapping daemon has for its direction', async () => {
  const frames = await pinged('a70', '10.1.2.30');
  const { agreements } = await lab.read<AgreementsDocument>('mapper', 'netweft.agreements/v1', '/v1/agreements');
  const agreed = (sender: string, receiver: string) =>
    agreements.find((agreement) => agreement.sender === sender && agreement.receiver === receiver);
  const [there, back] = [agreed('z', 'x'), agreed('x', 'z')];
  expect([there?.framework, back?.framework]).toEqual(['udp-pb/1.0', 'udp-pb/1.0']);
  expect(new Set(frames.map(({ agreement }) => agreement))).toEqual(new Set([there?.id, back?.id]));
});
