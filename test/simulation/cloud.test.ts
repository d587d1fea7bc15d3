import { describe, expect, it } from 'vitest';
import { LOST_CAUSES } from '../../src/agent/io/packet-io.ts';
import { FAIR } from '../kit/simulation/lossy-network.ts';
import {
  HOSTS,
  type HostName,
  SimulatedCloud,
  type SimulatedGuest,
  TENANTS,
} from '../kit/simulation/simulated-cloud.ts';

const SEEDS = Number(process.env['WEFT_SEEDS'] ?? (process.env['WEFT_FULL'] === '1' ? 8000 : 400));
const FIRST_SEED = Number(process.env['WEFT_FIRST_SEED'] ?? 1);
/** Virtual time of trouble, and the time in which everything must be right again, ms. */
const TROUBLE_MS = 30_000;
const HEALED_MS = 20_000;

async function raised(seed: number): Promise<SimulatedCloud> {
  const cloud = new SimulatedCloud(seed);
  await cloud.startMapper();
  await cloud.applyAll();
  for (const host of HOSTS) await cloud.startAgent(host);
  await cloud.clock.run(2000);
  return cloud;
}

function otherThan(...hosts: string[]): HostName {
  return HOSTS.find((host) => !hosts.includes(host)) ?? 'v';
}

type Trouble = (cloud: SimulatedCloud) => Promise<void> | void;

const TROUBLES: readonly Trouble[] = [
  (cloud) => {
    cloud.network.weather = { loss: 0.3, duplication: 0.2, fastestMs: 0.2, slowestMs: 80 };
  },
  (cloud) => {
    cloud.network.weather = FAIR;
  },
  (cloud) => cloud.partition(cloud.pick([...HOSTS, 'mapper']), cloud.pick(['in', 'out', 'both'])),
  (cloud) => cloud.network.heal(),
  (cloud) => cloud.moveGuest(cloud.pick(cloud.guests), cloud.pick(HOSTS)),
  (cloud) => cloud.moveGuest(cloud.pick(cloud.guests), cloud.pick(HOSTS)),
  (cloud) => cloud.deletePort(cloud.pick(cloud.guests)),
  (cloud) => cloud.applyAll(),
  (cloud) => cloud.takeDeviceAway(cloud.pick(cloud.guests), cloud.pick(LOST_CAUSES)),
  (cloud) => restartAgent(cloud, cloud.pick(HOSTS)),
  (cloud) => restartMapper(cloud),
  (cloud) => cloud.replaceStore(),
];

async function restartAgent(cloud: SimulatedCloud, host: HostName): Promise<void> {
  await cloud.stopAgent(host);
  await cloud.clock.run(cloud.pick([10, 500, 7000]));
  await cloud.startAgent(host);
}

async function restartMapper(cloud: SimulatedCloud): Promise<void> {
  cloud.stopMapper();
  await cloud.clock.run(cloud.pick([10, 500, 7000]));
  await cloud.startMapper();
  await cloud.applyAll();
}

/** Guests talk, some with forged sources, while trouble comes and goes. */
async function trouble(cloud: SimulatedCloud): Promise<void> {
  const end = cloud.clock.now() + TROUBLE_MS;
  while (cloud.clock.now() < end) {
    if (cloud.random.next() < 0.15) await cloud.pick(TROUBLES)(cloud);
    const from = cloud.pick(cloud.guests);
    cloud.send(
      from,
      cloud.pick(cloud.guests),
      cloud.random.next() < 0.1 ? cloud.pick(cloud.guests).address : undefined,
    );
    await cloud.clock.run(cloud.pick([1, 50, 300]));
  }
}

async function heal(cloud: SimulatedCloud): Promise<void> {
  cloud.network.weather = FAIR;
  cloud.network.heal();
  await cloud.applyAll();
  await cloud.clock.run(HEALED_MS);
}

/** Every guest reaches every guest of its tenant, and nobody else, with one packet. */
async function expectConverged(cloud: SimulatedCloud): Promise<void> {
  for (const host of HOSTS) expect(cloud.agent(host)?.session.state, `host ${host}`).toBe('ready');
  for (const guest of cloud.guests) {
    const owners = HOSTS.filter((host) => cloud.agent(host)?.ports.byName(guest.name)?.state === 'up');
    expect(owners, `owners of ${guest.name}`).toEqual([guest.port.host]);
  }
  cloud.deliveries.clear();
  const expected: string[] = [];
  for (const from of cloud.guests) {
    for (const to of cloud.guests) {
      if (from.gni !== to.gni || from === to) continue;
      expect(cloud.send(from, to), `the device of ${from.name}`).toBe(true);
      expected.push(`${from.name} > ${to.name}`);
    }
  }
  await cloud.clock.run(3000);
  expect([...cloud.deliveries.keys()].toSorted()).toEqual(expected.toSorted());
  expect([...cloud.deliveries.values()].every((count) => count === 1)).toBe(true);
}

describe('a cloud of one mapping daemon and five agents', () => {
  it('converges from a cold start', async () => {
    const cloud = await raised(0);
    await expectConverged(cloud);
    await cloud.stop();
  });

  it('keeps existing flows while the mapping daemon is gone', async () => {
    const cloud = await raised(0);
    await expectConverged(cloud);
    cloud.stopMapper();
    cloud.deliveries.clear();
    const [from, to] = cloud.guests;
    if (from === undefined || to === undefined) throw new Error('no guests');
    for (let sent = 0; sent < 300; sent++) {
      cloud.send(from, to);
      await cloud.clock.run(1000);
    }
    expect(cloud.deliveries.get(`${from.name} > ${to.name}`)).toBe(300);
    await cloud.stop();
  });

  it('knows where guests are when a tenant comes back to a host that heard nothing of it meanwhile', async () => {
    const cloud = await raised(0);
    await expectConverged(cloud);
    const [first, second] = cloud.guests.filter(({ gni }) => gni === TENANTS[1].gni);
    if (first === undefined || second === undefined) throw new Error('no guests');
    const home = first.port.host as HostName;
    const moves: [SimulatedGuest, HostName][] = [
      [first, otherThan(home)],
      [second, otherThan(home, second.port.host)],
      [first, home],
    ];
    for (const [guest, host] of moves) {
      await cloud.moveGuest(guest, host);
      await cloud.clock.run(5000);
    }
    await expectConverged(cloud);
    await cloud.stop();
  });

  it(`never crosses tenants, never goes back and always converges: seeds ${FIRST_SEED} to ${FIRST_SEED + SEEDS - 1}`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const cloud = await raised(seed);
      try {
        await trouble(cloud);
        await heal(cloud);
        await expectConverged(cloud);
      } catch (error) {
        throw new Error(`seed ${seed} at ${Math.round(cloud.clock.now())} ms (WEFT_FIRST_SEED=${seed} WEFT_SEEDS=1)`, {
          cause: error,
        });
      }
      await cloud.stop();
    }
  });
});
