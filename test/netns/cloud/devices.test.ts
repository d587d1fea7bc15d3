import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PortsDocument, RecordsDocument } from '../../../src/admin/documents.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import { answerProbes, Probe } from '../../kit/netns/probe.ts';
import { DEVICE, twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const LIMIT_MS = 15_000;
const UNDERLAY_DEVICE = 'underlay';

const cloud = twoTenants(`wt-dev-${process.pid}`);
const lab = new TestLab(cloud);
const devicesBefore = devicesHere();
const guest = lab.port('a50');
let probe: Probe;

beforeAll(async () => {
  await lab.up();
  await answerProbes(lab, guest.name);
  probe = new Probe(lab, 'a30', guest.name, 100);
  await probe.untilAnswered(LIMIT_MS);
});

afterAll(async () => {
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

interface Link {
  readonly ifname: string;
  readonly ifindex: number;
  readonly flags: readonly string[];
  readonly mtu: number;
}

async function links(): Promise<Link[]> {
  return JSON.parse(await lab.ip(guest.namespace, '-json', 'link')) as Link[];
}

async function deviceIndex(): Promise<number> {
  const found = (await links()).find(({ ifname }) => ifname === DEVICE);
  if (found === undefined) throw new Error('the guest has no device');
  return found.ifindex;
}

async function mapperSays(): Promise<string | undefined> {
  const path = `/v1/records/port/${guest.name}`;
  return (await lab.read<RecordsDocument>('mapper', 'netweft.records/v1', path)).records[0]?.state;
}

async function agentSays(): Promise<{ state: string; trouble: string }> {
  const { ports } = await lab.read<PortsDocument>(guest.host, 'netweft.ports/v1', '/v1/ports');
  const port = ports.find(({ name }) => name === guest.name);
  return { state: port?.state ?? 'gone', trouble: port?.trouble ?? '' };
}

/** How often the agent wrote that it lost the guest's device, and why. */
function losses(): string[] {
  const found = lab.log(guest.host).matchAll(/port-lost .*port=(\S+) .*cause=(\S+)/g);
  return [...found].flatMap(([, port, cause]) => (port === guest.name ? [cause ?? ''] : []));
}

/** Waits for a device that is another one than before, and for what the guest had. */
async function untilMadeAnew(before: number): Promise<void> {
  await until('the device is made anew', LIMIT_MS, async () => {
    return (await links()).some(({ ifname, ifindex }) => ifname === DEVICE && ifindex !== before);
  });
  await until('the cloud knows that it is up', LIMIT_MS, async () => (await mapperSays()) === 'up');
  await probe.untilAnswered(LIMIT_MS);
  const all = await links();
  expect(all.map(({ ifname }) => ifname)).toEqual(['lo', DEVICE]);
  expect(all[1]).toMatchObject({ mtu: 1400, flags: expect.arrayContaining(['UP']) });
  expect(await lab.ip(guest.namespace, 'address', 'show', DEVICE)).toContain('inet 10.1.2.50/24');
}

describe("what a guest's root can do to its device", () => {
  test.each([
    { cause: 'deleted', command: `link delete ${DEVICE}` },
    {
      cause: 'renamed',
      command: `link set ${DEVICE} name mine`,
      elder: { cause: 'down', command: `link set ${DEVICE} down` },
    },
    { cause: 'down', command: `link set ${DEVICE} down` },
  ])('$cause: the port is lost, made anew, and traffic is back', async ({ cause, command, elder }) => {
    const before = await deviceIndex();
    const known = losses().length;
    const done = await lab.ip(guest.namespace, ...command.split(' ')).then(
      () => cause,
      // Kernels before 6.3 rename a device only when it is down.
      async (error: unknown) => {
        if (elder === undefined) throw error;
        await lab.ip(guest.namespace, ...elder.command.split(' '));
        return elder.cause;
      },
    );
    await untilMadeAnew(before);
    expect(losses().slice(known)).toEqual([done]);
  });

  test('another device in its place: the cloud is told that the port is lost, until the name is free', async () => {
    const before = await deviceIndex();
    await lab.run(
      'sh',
      '-c',
      `printf 'link delete ${DEVICE}\nlink add ${DEVICE} type bridge\n' |
      ip -netns ${guest.namespace} -batch -`,
    );
    await until('the cloud knows that the port is lost', LIMIT_MS, async () => (await mapperSays()) === 'lost');
    const said = await until('the agent says why', LIMIT_MS, async () => {
      const { state, trouble } = await agentSays();
      return state === 'failed' ? trouble : undefined;
    });
    expect(said).toMatch(new RegExp(`device ${DEVICE} in network namespace ${guest.namespace}: .*exists already`));
    expect((await lab.weft('get', 'port', guest.name)).out).toMatch(/\blost\b/);
    expect(await deviceIndex()).not.toBe(before);
    await lab.ip(guest.namespace, 'link', 'delete', DEVICE);
    await untilMadeAnew(before);
  });
});

test("the underlay's link of a host goes down and up, and traffic is back", async () => {
  const namespace = lab.hostNamespace(guest.host);
  await lab.ip(namespace, 'link', 'set', UNDERLAY_DEVICE, 'down');
  const silentFrom = Date.now();
  await until('host x hears nothing for half a second', LIMIT_MS, async () => {
    await probe.update();
    return Date.now() - Math.max(silentFrom, probe.echoes.at(-1)?.[1] ?? 0) > 500;
  });
  await lab.ip(namespace, 'link', 'set', UNDERLAY_DEVICE, 'up');
  await probe.untilAnswered(LIMIT_MS);
  expect(await agentSays()).toMatchObject({ state: 'up' });
  await until('the agent has its session', LIMIT_MS, async () => (await mapperSays()) === 'up');
});
