import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgreementEntry, AgreementsDocument } from '../../../src/admin/documents.ts';
import { parseAddress } from '../../../src/base/ipv4.ts';
import { buildUdp } from '../../../src/packet/build.ts';
import { DEFAULT_UNDERLAY_PORT } from '../../../src/model/records.ts';
import { frameworkByName } from '../../../src/wire/frameworks.ts';
import { encodeHeader } from '../../../src/wire/header.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import { numberedPacket, packetNumber, SORTS } from '../../kit/netns/numbered-packets.ts';
import { type Delivery, type NumberedPacket, PacketJudge } from '../../kit/netns/packet-judge.ts';
import { type TestCloud, type TestPort, twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';

/** What no guest is: unused, of another subnet, elsewhere. */
const NOBODY = ['10.1.2.99', '10.1.3.30', '203.0.113.9'];
const NOT_UNICAST = ['255.255.255.255', '10.1.2.255', '10.1.2.0', '224.0.0.251', '239.1.2.3'];

const cloud = twoTenants(`wt-iso-${process.pid}`);
const lab = new TestLab(cloud);
const devicesBefore = devicesHere();
const guestAddresses = [...new Set(cloud.ports.flatMap((port) => port.addresses))];
const underlayAddresses = [...Object.values(cloud.hosts), cloud.mapper];
let judge: PacketJudge;

/** A packet that somebody sends, and whom it may reach: nobody, or one guest. */
interface Case extends NumberedPacket {
  readonly namespace: string;
  readonly expected: string | undefined;
  readonly about: string;
}

beforeAll(async () => {
  await lab.up();
  judge = await PacketJudge.start(lab);
});

afterAll(async () => {
  try {
    await judge?.stop();
  } finally {
    expect(await lab.down()).toEqual(NOTHING);
    expect(devicesHere()).toEqual(devicesBefore);
  }
});

/** The port of the tenant that has the address. */
function holder(of: TestCloud, tenant: string | undefined, address: string): TestPort | undefined {
  return of.ports.find((port) => port.tenant === tenant && port.addresses.includes(address));
}

/** The whole rule for guests: who sends from an address of its own reaches the guest of its tenant that has the other. */
function receiverOf(of: TestCloud, sender: TestPort, source: string, destination: string): string | undefined {
  return sender.addresses.includes(source) ? holder(of, sender.tenant, destination)?.name : undefined;
}

/** Every guest, from every address, to every address, in every sort of packet. */
function guestCases(of: TestCloud): Case[] {
  const sources = [...guestAddresses, ...underlayAddresses, ...NOBODY, '224.0.0.251', '127.0.0.1'];
  const destinations = [...guestAddresses, ...underlayAddresses, ...NOBODY, ...NOT_UNICAST];
  const cases: Case[] = [];
  for (const sender of of.ports) {
    for (const source of sources) {
      for (const destination of destinations) {
        for (const sort of Object.keys(SORTS)) {
          const number = cases.length;
          const bytes = numberedPacket(sort, { source, destination }, number);
          const about = `${sort} of ${sender.name}, ${source} to ${destination}`;
          const expected = receiverOf(of, sender, source, destination);
          cases.push({ number, bytes, namespace: sender.namespace, expected, about });
        }
      }
    }
  }
  return cases;
}

interface Forged {
  /** `address:port` that the datagram claims to come from. */
  readonly from: string;
  readonly target: string;
  readonly agreement: AgreementEntry | undefined;
  readonly framework: string;
  readonly gnis: readonly [source: number, destination: number];
  readonly source: string;
  readonly destination: string;
}

/**
 * The rule for datagrams: a host may send, under what was agreed with it and in the wire version of
 * the agreement, what its own guests say to guests of their tenant at the host that receives it.
 */
function receiverOfForged(of: TestCloud, forged: Forged): string | undefined {
  const { agreement, gnis, target } = forged;
  const isAgreed = agreement?.receiver === target && agreement.framework === forged.framework;
  const isFromSender = isAgreed && forged.from === `${of.hosts[agreement.sender]}:${DEFAULT_UNDERLAY_PORT}`;
  if (!isFromSender || gnis[0] !== gnis[1]) return undefined;
  const tenant = Object.keys(of.tenants).find((name) => of.tenants[name] === gnis[0]);
  const isSourceThere = holder(of, tenant, forged.source)?.host === agreement.sender;
  const receiver = holder(of, tenant, forged.destination);
  return isSourceThere && receiver?.host === target ? receiver.name : undefined;
}

/** Datagrams that claim to be of every host, the mapping daemon, and strangers, to every host. */
function forgedDatagrams(of: TestCloud, agreements: readonly AgreementEntry[]): Forged[] {
  const hosts = Object.entries(of.hosts);
  const froms = [
    ...hosts.map(([, address]) => `${address}:${DEFAULT_UNDERLAY_PORT}`),
    `${of.hosts['x']}:7999`,
    `${of.mapper}:7791`,
    `198.19.7.200:${DEFAULT_UNDERLAY_PORT}`,
  ];
  const gniPairs = [1001, 2002, 3003].flatMap((a) => [1001, 2002, 3003].map((b): [number, number] => [a, b]));
  const framings = [
    ...agreements.map((agreement) => ({ agreement, framework: agreement.framework })),
    { agreement: undefined, framework: 'udp/2.0' },
    { agreement: agreements[0], framework: 'udp/1.0' },
    { agreement: agreements[0], framework: 'udp-pb/1.0' },
  ];
  const inner = ['10.1.2.30', '10.1.2.50', '10.1.2.70', '10.1.2.90'];
  return hosts.flatMap(([target, address]) =>
    // A host's kernel takes nothing from its own address.
    froms
      .filter((from) => !from.startsWith(`${address}:`))
      .flatMap((from) =>
        framings.flatMap((framing) =>
          gniPairs.flatMap((gnis) =>
            inner.flatMap((source) =>
              inner.map((destination) => ({ from, target, ...framing, gnis, source, destination })),
            ),
          ),
        ),
      ),
  );
}

function forgedBytes(of: TestCloud, forged: Forged, inner: Uint8Array): Uint8Array {
  const [address = '', port] = forged.from.split(':');
  const framework = frameworkByName(forged.framework);
  if (framework === undefined) throw new Error(`no framework ${forged.framework}`);
  const [sourceGni, destinationGni] = forged.gnis;
  const agreement = forged.agreement?.id ?? 999_999;
  const header = encodeHeader(framework, { sourceGni, destinationGni, agreement, labels: [] });
  return buildUdp({
    source: parseAddress(address) ?? 0,
    destination: parseAddress(of.hosts[forged.target] ?? '') ?? 0,
    identification: 1,
    sourcePort: Number(port),
    destinationPort: DEFAULT_UNDERLAY_PORT,
    payload: Buffer.concat([header, inner]),
  });
}

function bySender(cases: readonly Case[]): Map<string, Case[]> {
  const found = new Map<string, Case[]>();
  for (const one of cases) {
    const list = found.get(one.namespace) ?? [];
    list.push(one);
    found.set(one.namespace, list);
  }
  return found;
}

function expectedOf(cases: readonly Case[]): Delivery[] {
  return cases.flatMap(({ number, expected }) => (expected === undefined ? [] : [{ guest: expected, number }]));
}

/** What was not delivered and should have been, and the other way round; a packet delivered twice is one too many. */
function differences(
  cases: readonly Case[],
  deliveries: readonly Delivery[],
): { missing: string[]; tooMany: string[] } {
  const tell = ({ guest, number }: Delivery) => `${cases[number]?.about} at ${guest}`;
  const wanted = new Set(expectedOf(cases).map(tell));
  const tooMany: string[] = [];
  for (const delivery of deliveries.map(tell)) if (!wanted.delete(delivery)) tooMany.push(delivery);
  return { missing: [...wanted], tooMany };
}

describe('guests of two tenants with the same addresses', () => {
  const cases = guestCases(cloud);
  const bytesOf = new Map(cases.map(({ number, bytes }) => [number, bytes]));

  test('the cases are worth their name', () => {
    expect(cases.length).toBeGreaterThan(10_000);
    expect(new Set(expectedOf(cases).map(({ guest }) => guest)).size).toBe(cloud.ports.length);
  });

  test.each(['decided', 'repeated'])('receive exactly what the records say, when packets are %s', async () => {
    await judge.send(bySender(cases));
    expect(differences(cases, judge.takeDeliveries(bytesOf))).toEqual({ missing: [], tooMany: [] });
  });
});

describe('what another host, or a stranger on the underlay, can send to a guest', () => {
  test('is exactly what its own guests can', async () => {
    const { agreements } = await lab.read<AgreementsDocument>('mapper', 'netweft.agreements/v1', '/v1/agreements');
    expect(agreements).toHaveLength(6);
    const namespace = lab.hostNamespace('mapper');
    const inners = new Map<number, Uint8Array>();
    const cases = forgedDatagrams(cloud, agreements).map((forged, number): Case => {
      const inner = numberedPacket('udp', forged, number);
      inners.set(number, inner);
      const { from, target, gnis, agreement, framework, source, destination } = forged;
      const about = `${from} to ${target} ${framework} #${agreement?.id} ${gnis.join('>')} ${source} to ${destination}`;
      const expected = receiverOfForged(cloud, forged);
      return { number, bytes: forgedBytes(cloud, forged, inner), namespace, expected, about };
    });
    expect(new Set(expectedOf(cases).map(({ guest }) => guest)).size).toBe(cloud.ports.length);
    await judge.send(bySender(cases));
    expect(differences(cases, judge.takeDeliveries(inners))).toEqual({ missing: [], tooMany: [] });
  });
});

test('a packet that its sender may not send never reaches the underlay', async () => {
  const sender = lab.port('a30');
  const addressed = { source: '10.1.2.70', destination: '10.1.2.50' };
  const own = { source: '10.1.2.30', destination: '10.1.2.50' };
  const capture = await lab.capture({
    namespace: lab.hostNamespace('bridge'),
    device: 'bridge',
    direction: 'inout',
    filter: `udp port ${DEFAULT_UNDERLAY_PORT}`,
  });
  const packets = [addressed, own].map((one, number) => ({ number, bytes: numberedPacket('udp', one, number) }));
  await judge.send(new Map([[sender.namespace, packets]]));
  await capture.stop();
  expect([...new Set(capture.packets.map(packetNumber))]).toEqual([1]);
  judge.takeDeliveries(new Map(packets.map(({ number, bytes }) => [number, bytes])));
});
