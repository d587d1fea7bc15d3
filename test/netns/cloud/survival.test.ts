import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { AgentStatusDocument, PortsDocument, RecordsDocument } from '../../../src/admin/documents.ts';
import { devicesHere, NOTHING, namespacesOf, openFiles, processesOf } from '../../kit/netns/left-behind.ts';
import { answerProbes, ECHO_PORT, longestSilence, lostNumbers, Probe } from '../../kit/netns/probe.ts';
import { DEVICE, portRecords, twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

/** How long the mapping daemon is away. */
const ABSENCE_MS = 5000;
const RATE = 500;
/** Promised: from the start of an agent's process until packets cross again, ms. */
const AGENT_BACK_MS = 2000;
/** Promised: how long a guest that moves is not reached, ms. */
const MOVE_MS = 1000;
const LIMIT_MS = 15_000;
/** Of the times in /proc/PID/stat. */
const TICK_MS = 10;

const cloud = twoTenants(`wt-sur-${process.pid}`);
const lab = new TestLab(cloud);
const devicesBefore = devicesHere();

beforeAll(async () => {
  await lab.up();
  await Promise.all(cloud.ports.map(({ name }) => answerProbes(lab, name)));
});

afterAll(async () => {
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

function ping(from: string, address: string): Promise<{ status: number | null }> {
  return lab.weft('lab', 'exec', '--lab', cloud.name, from, '--', 'ping', '-c', '1', '-W', '5', address);
}

async function mapperState(host: string): Promise<AgentStatusDocument['mapper']> {
  return (await lab.read<AgentStatusDocument>(host, 'netweft.agent-status/v1', '/v1/status')).mapper;
}

function kill(daemon: string): void {
  process.kill(lab.pid(daemon), 'SIGKILL');
}

describe('the mapping daemon is killed and comes back', () => {
  test('and nothing that was under way notices', async () => {
    const probe = new Probe(lab, 'a30', 'a50', RATE);
    await probe.untilAnswered(LIMIT_MS);
    const established = probe.sent;
    const stream = lab.start(lab.port('b30').namespace, 'stream-prober.mjs', '10.1.2.70', ECHO_PORT);
    await stream.next();
    const sessions = await Promise.all(['x', 'y', 'z'].map(mapperState));

    kill('mapper');
    const killedAt = performance.now();
    // Another flow to an address that is known already.
    expect(await ping('a30', '10.1.2.50')).toMatchObject({ status: 0 });
    const fresh = new Probe(lab, 'b30', 'b70', 20);
    await fresh.untilAnswered(LIMIT_MS);
    expect(lostNumbers(await fresh.stop(), 0)).toEqual([]);
    // The absence itself is what is tested: pushes, heartbeats and sessions all run into it.
    await sleep(ABSENCE_MS - (performance.now() - killedAt));
    expect((await lab.weft('status')).status).toBe(3);

    expect(await lab.weft('lab', 'start', 'mapper', '--lab', cloud.name)).toMatchObject({ status: 0 });
    for (const [index, host] of ['x', 'y', 'z'].entries()) {
      await until(`${host} has a new session`, LIMIT_MS, async () => {
        const { state, session } = await mapperState(host);
        return state === 'registered' && session !== sessions[index]?.session;
      });
    }
    // Nobody asked for these before.
    expect(await ping('a70', '10.1.2.50')).toMatchObject({ status: 0 });
    expect(await ping('b90', '10.1.2.50')).toMatchObject({ status: 0 });
    // What the agents heard anew has taken effect meanwhile, or would do so now.
    const reconciled = probe.sent + 2 * RATE;
    await until('two more seconds of probes', LIMIT_MS, async () => {
      await probe.update();
      return probe.sent > reconciled;
    });

    const probed = await probe.stop();
    expect(probed.sent - established).toBeGreaterThan((RATE * ABSENCE_MS) / 1000);
    expect(lostNumbers(probed, established)).toEqual([]);
    const { sent, received, fault } = await until('the stream is answered', LIMIT_MS, async () => {
      const said = await stream.ask<{ sent: number; received: number; fault: string }>('pause');
      return said.sent === said.received || said.fault !== '' ? said : undefined;
    });
    expect({ received, fault }).toEqual({ received: sent, fault: '' });
    await stream.stop();
  });
});

/** When the process started, milliseconds since 1970. */
function startOf(pid: number): number {
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  return Date.now() - (uptime - ticks * TICK_MS);
}

async function machine(): Promise<object> {
  const devices = await Promise.all(
    namespacesOf(cloud.name).map(async (name) => [name, JSON.parse(await lab.ip(name, '-json', 'link')).length]),
  );
  const commands = processesOf(cloud.name).map(({ command }) => command);
  const fds = ['mapper', 'y', 'z'].map((daemon) => [daemon, openFiles(lab.pid(daemon))]);
  return { devices, processes: commands.toSorted(), fds };
}

describe('an agent is killed and started again', () => {
  test('nothing is left of the old one, and traffic is back within two seconds', async () => {
    const probe = new Probe(lab, 'a30', 'a50', 100);
    await probe.untilAnswered(LIMIT_MS);
    const before = await machine();
    const { namespace } = lab.port('a30');
    kill('x');
    await until('the device is gone', LIMIT_MS, async () => !(await lab.ip(namespace, 'link')).includes(DEVICE));

    expect(await lab.weft('lab', 'start', 'x', '--lab', cloud.name)).toMatchObject({ status: 0 });
    const startedAt = startOf(lab.pid('x'));
    const answeredAt = await probe.untilAnswered(LIMIT_MS);
    const first = probe.echoes.find(([, at]) => at >= startedAt)?.[1] ?? answeredAt;
    console.log(`traffic is back ${Math.round(first - startedAt)} ms after the agent's start`);
    expect(first - startedAt).toBeLessThan(AGENT_BACK_MS);
    expect(await ping('b90', '10.1.2.30')).toMatchObject({ status: 0 });
    await until('everything is as before', LIMIT_MS, async () => {
      return JSON.stringify(await machine()) === JSON.stringify(before);
    });
    await probe.stop();
  });
});

describe('a guest moves to another host', () => {
  test('and traffic follows within one second', async () => {
    const probe = new Probe(lab, 'a30', 'a50', 200);
    await probe.untilAnswered(LIMIT_MS);
    await probe.update();
    const settled = probe.echoes.length;
    const moved = { ...lab.port('a50'), host: 'z' };
    const file = lab.write('move.yaml', stringify({ cloud: 'netweft/v1', ports: portRecords([moved]) }));
    expect(await lab.weft('apply', '-f', file)).toMatchObject({ status: 0, err: '' });
    await until('host z has the port', LIMIT_MS, async () => {
      const { ports } = await lab.read<PortsDocument>('z', 'netweft.ports/v1', '/v1/ports');
      return ports.some(({ name, state }) => name === 'a50' && state === 'up');
    });
    await probe.untilAnswered(LIMIT_MS);
    const { echoes } = await probe.stop();
    const silence = longestSilence(echoes.slice(settled - 1));
    console.log(`a guest that moved was not reached for ${Math.round(silence)} ms`);
    expect(silence).toBeLessThan(MOVE_MS);

    const { ports } = await lab.read<PortsDocument>('y', 'netweft.ports/v1', '/v1/ports');
    expect(ports.map(({ name }) => name)).toEqual(['b50']);
    const port = await lab.read<RecordsDocument>('mapper', 'netweft.records/v1', '/v1/records/port/a50');
    expect(port.records).toMatchObject([{ state: 'up', spec: { host: 'z' } }]);
    const links = JSON.parse(await lab.ip(moved.namespace, '-json', 'link')) as { ifname: string }[];
    expect(links.map(({ ifname }) => ifname)).toEqual(['lo', DEVICE]);
  });
});
