/**
 * Datagrams that crossed the underlay between two hosts, sent again byte for byte by somebody who is no host. Without
 * sealing, one is taken as long as its sender, agreement and guests are what they were.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { AgentStatusDocument, AgreementEntry, PortsDocument } from '../../../src/admin/documents.ts';
import { datagramOf } from '../../kit/netns/forged-claim.ts';
import { type ForgeryScene, forgeryCloud, forgeryScene, readAgreements } from '../../kit/netns/forgery-scene.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import { OUTSIDER_ADDRESS } from '../../kit/netns/outsider.ts';
import { payloadOfRecorded, recordDatagram } from '../../kit/netns/recorded-datagram.ts';
import { portRecords } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const LIMIT_MS = 15_000;
/** Guests that move, or go. */
const EXTRA = [
  { name: 'a32', address: '10.1.2.32', host: 'x' },
  { name: 'a52', address: '10.1.2.52', host: 'y' },
  { name: 'a53', address: '10.1.2.53', host: 'y' },
];
/** What is recorded, by number. */
const RECORDED = [
  ['a30', 'a50'],
  ['a32', 'a50'],
  ['a30', 'a52'],
  ['a30', 'a53'],
  ['a70', 'a50'],
] as const;

/** What host y offers, and what host z will: nothing in common. */
const OFFERED = ['udp/2.0', 'udp/1.0'];
const OTHER = 'udp-pb/1.0';

const lab = new TestLab({ ...forgeryCloud(`wt-rpl-${process.pid}`, EXTRA), frameworks: { y: OFFERED } });
const devicesBefore = devicesHere();
const recorded = new Map<string, Buffer>();
let scene: ForgeryScene;
let restarted: Promise<unknown> | undefined;

beforeAll(async () => {
  await lab.up();
  scene = await forgeryScene(lab, [...EXTRA.map(({ name }) => name), 'a70', 'b70']);
  const seen = await scene.watch.during(3, async () => {
    for (const [number, pair] of RECORDED.entries()) {
      recorded.set(pair.join(' to '), await recordDatagram(lab, scene.watch, pair, number));
    }
  });
  expect(seen).toEqual({ drops: {}, delivered: { a50: [0, 1, 4] }, answers: [] });
});

afterAll(async () => {
  await scene?.outsider.detach();
  expect(await lab.down()).toEqual(NOTHING);
  await restarted;
  expect(devicesHere()).toEqual(devicesBefore);
});

/** Starts a host's agent anew with other frameworks. Settles when it ends, which is with the lab. */
async function restartWith(host: string, frameworks: string): Promise<{ ended: Promise<unknown> }> {
  const [command = '', ...words] = readFileSync(`/proc/${lab.pid(host)}/cmdline`, 'utf8')
    .split('\0')
    .slice(0, -1);
  expect(await lab.weft('lab', 'stop', host, '--lab', lab.cloud.name)).toMatchObject({ status: 0 });
  const where = `--net=/run/netns/${lab.hostNamespace(host)}`;
  return { ended: lab.run('nsenter', where, command, ...words, '--frameworks', frameworks) };
}

function recordedOf(name: string): Buffer {
  const packet = recorded.get(name);
  if (packet === undefined) throw new Error(`${name} was not recorded`);
  return packet;
}

/** Sends a recorded datagram again, three times. */
async function replay(name: string): Promise<void> {
  const raw = recordedOf(name).toString('hex');
  await scene.outsider.send([{ raw }, { raw }, { raw }]);
}

async function portsOfY(): Promise<PortsDocument['ports']> {
  return (await lab.read<PortsDocument>('y', 'netweft.ports/v1', '/v1/ports')).ports;
}

async function move(guest: string, host: string): Promise<void> {
  const moved = { ...lab.port(guest), host };
  const file = lab.write('move.yaml', stringify({ cloud: 'netweft/v1', ports: portRecords([moved]) }));
  expect(await lab.weft('apply', '-f', file)).toMatchObject({ status: 0, err: '' });
  await until(`${host} has ${guest}`, LIMIT_MS, async () => {
    const { ports } = await lab.read<PortsDocument>(host, 'netweft.ports/v1', '/v1/ports');
    return ports.some(({ name, state }) => name === guest && state === 'up');
  });
}

async function untilGone(guest: string): Promise<void> {
  await until(`y has no ${guest}`, LIMIT_MS, async () => (await portsOfY()).every(({ name }) => name !== guest));
}

describe('a recorded datagram that is sent again', () => {
  test("under the outsider's own address is a stranger's", async () => {
    const payload = payloadOfRecorded(recordedOf('a30 to a50'));
    const datagram = datagramOf({ ...scene.good, from: `${OUTSIDER_ADDRESS}:7790` }, payload);
    const seen = await scene.watch.during(2, () => scene.outsider.send([datagram, datagram]));
    expect(seen).toEqual({ drops: { 'y: unknown-sender': 2 }, delivered: {}, answers: [] });
  });

  // A release that seals datagrams refuses these: then this test is to say with which reason.
  test('byte for byte is delivered as often as it is sent, and counted as the guest hearing it', async () => {
    const port = async () => (await portsOfY()).find(({ name }) => name === 'a50')?.counters['packetsOut'] ?? 0;
    const before = await port();
    const seen = await scene.watch.during(3, () => replay('a30 to a50'));
    expect(seen).toEqual({ drops: {}, delivered: { a50: [0, 0, 0] }, answers: [] });
    expect((await port()) - before).toBeGreaterThanOrEqual(3);
  });

  test('after its sender moved to another host is dropped', async () => {
    await move('a32', 'y');
    await scene.watch.cross('a32', 'a50');
    const seen = await scene.watch.during(3, () => replay('a32 to a50'));
    expect(seen).toEqual({ drops: { 'y: source-not-there': 3 }, delivered: {}, answers: [] });
  });

  test('after its receiver moved to another host is dropped', async () => {
    await move('a52', 'z');
    await untilGone('a52');
    const seen = await scene.watch.during(3, () => replay('a30 to a52'));
    expect(seen).toEqual({ drops: { 'y: no-such-port': 3 }, delivered: {}, answers: [] });
  });

  test('after its receiver was deleted is dropped', async () => {
    expect(await lab.weft('delete', 'port', 'a53')).toMatchObject({ status: 0 });
    await untilGone('a53');
    const seen = await scene.watch.during(3, () => replay('a30 to a53'));
    expect(seen).toEqual({ drops: { 'y: no-such-port': 3 }, delivered: {}, answers: [] });
  });

  test('after what its hosts agreed on was taken back is dropped', async () => {
    const isOfPair = ({ sender, receiver }: AgreementEntry) => [sender, receiver].toSorted().join() === 'y,z';
    restarted = (await restartWith('z', OTHER)).ended;
    await until('y and z agree on nothing', LIMIT_MS, async () => {
      const { agreements } = await lab.read<AgentStatusDocument>('y', 'netweft.agent-status/v1', '/v1/status');
      // Of y, those to and from x are left.
      return agreements === 2 && !(await readAgreements(lab)).some(isOfPair);
    });
    const seen = await scene.watch.during(3, () => replay('a70 to a50'));
    expect(seen).toEqual({ drops: { 'y: wrong-agreement': 3 }, delivered: {}, answers: [] });
  });
});

test('nothing else arrived or was answered, and honest traffic lost nothing', async () => {
  const { lost, sent } = await scene.stopHonest();
  expect(lost).toEqual([]);
  expect(sent).toBeGreaterThan(100);
  expect(await scene.watch.stop()).toEqual({ delivered: {}, answers: [] });
});
