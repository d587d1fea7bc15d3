import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { isRunning, type Program } from '../../../src/lab/daemon-process.ts';
import { isDaemonRunning, restartDaemon, stopDaemon } from '../../../src/lab/lab-daemons.ts';
import {
  changeLabRecord,
  type LabRecord,
  labDirectory,
  readLabRecord,
  writeLabRecord,
} from '../../../src/lab/lab-record.ts';
import { withLabLock } from '../../../src/lab/lab-lock.ts';
import { lowerLab } from '../../../src/lab/lower-lab.ts';
import { planLab } from '../../../src/lab/plan.ts';
import { raiseLab } from '../../../src/lab/raise-lab.ts';
import type { CloudRecord } from '../../../src/model/records.ts';
import { RUN_MARK } from '../../kit/run-mark.ts';

const NAME = `wt-${process.pid}-${RUN_MARK}`;
const PROGRAM: Program = [process.execPath, fileURLToPath(new URL('fake-daemon.mjs', import.meta.url))];

function cloud(hosts: readonly string[]): CloudRecord[] {
  return [
    { kind: 'tenant', spec: { name: 'a', gni: 1 } },
    ...hosts.flatMap((name, index): CloudRecord[] => [
      { kind: 'host', spec: { name, underlay: `198.18.0.${index + 1}` } },
      { kind: 'guest', spec: { name: `g${index}`, tenant: 'a' } },
      {
        kind: 'port',
        spec: {
          name: `p${index}`,
          guest: `g${index}`,
          subnet: 's',
          addresses: [`10.1.2.${index + 1}`],
          host: name,
          device: 'tun0',
          namespace: `${NAME}-g${index}`,
        },
      },
    ]),
  ];
}

function raise(
  hosts: readonly string[],
  signal = new AbortController().signal,
  progress: (line: string) => void = () => {},
): Promise<LabRecord> {
  const records = cloud(hosts);
  const section = { name: NAME, underlay: undefined, mapper: '198.18.0.100', hosts: [] };
  const plan = planLab(records, section, labDirectory(NAME));
  return raiseLab({ plan, records, file: '/nowhere.yaml', program: PROGRAM, signal, progress });
}

function namespaces(): string[] {
  const lines = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
  return lines.map((line) => line.split(' ')[0] ?? '').filter((name) => name.includes(NAME));
}

/** The processes whose command line names this test's lab. */
function processes(): string[] {
  const found = execFileSync('sh', ['-c', `grep -lsa "/lab/${NAME}/" /proc/[0-9]*/cmdline; true`], {
    encoding: 'utf8',
  });
  return found.split('\n').filter((path) => path !== '' && isNodeProcess(path));
}

function isNodeProcess(cmdline: string): boolean {
  try {
    return readFileSync(cmdline, 'utf8').includes('fake-daemon');
  } catch {
    return false;
  }
}

function expectNothingLeft(): void {
  expect({ namespaces: namespaces(), processes: processes(), directory: existsSync(labDirectory(NAME)) }).toEqual({
    namespaces: [],
    processes: [],
    directory: false,
  });
}

afterEach(async () => {
  await lowerLab(NAME);
});

describe('a lab', () => {
  test('joins its hosts, has no way out, and leaves nothing behind', async () => {
    const record = await raise(['x', 'y']);
    expect(namespaces()).toHaveLength(6);
    expect(processes()).toHaveLength(3);
    const inX = (...command: string[]) =>
      execFileSync('nsenter', [`--net=/run/netns/weft-${NAME}-x`, ...command], { encoding: 'utf8' });
    expect(inX('ping', '-c', '1', '-W', '2', '198.18.0.2')).toContain('1 received');
    expect(inX('ip', 'route').trim().split('\n')).toHaveLength(1);
    expect(inX('ip', 'route')).not.toContain('default');
    expect(inX('ip', '-o', 'link', 'show', 'underlay')).toContain('mtu 1500');
    expect(inX('ip', '-o', 'link', 'show', 'lo')).toContain('UP');
    for (const { namespace } of [record.plan.mapper, ...record.plan.agents]) {
      const settings = ['all', 'underlay'].map((name) => `/proc/sys/net/ipv4/conf/${name}/accept_redirects`);
      const where = `--net=/run/netns/${namespace}`;
      expect(execFileSync('nsenter', [where, 'cat', ...settings], { encoding: 'utf8' })).toBe('0\n0\n');
    }
    await lowerLab(record.plan.name);
    expectNothingLeft();
    await expect(lowerLab(NAME)).resolves.toEqual([]);
  });

  test('of which a daemon ends is undone, and says what its log said', async () => {
    await expect(raise(['x', 'dies'])).rejects.toThrow(/dies: the daemon ended[\s\S]*this daemon cannot live/);
    expectNothingLeft();
  });

  test('that is interrupted is undone', async () => {
    const abort = new AbortController();
    const raising = raise(['x', 'stalls'], abort.signal);
    const refused = expect(raising).rejects.toThrow('enough');
    while (processes().length < 3) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new UserError('conflict', 'enough'));
    await refused;
    expectNothingLeft();
  });

  test('is refused while one of its name is up, and that one stays', async () => {
    const record = await raise(['x']);
    await expect(raise(['x'])).rejects.toThrow('is up already');
    expect(isDaemonRunning(record, record.plan.mapper)).toBe(true);
  });

  test('is refused where a namespace of another has its name, and that one stays', async () => {
    execFileSync('ip', ['netns', 'add', `${NAME}-g0`]);
    try {
      await expect(raise(['x'])).rejects.toThrow(`${NAME}-g0 exists already`);
      expect(namespaces()).toEqual([`${NAME}-g0`]);
    } finally {
      execFileSync('ip', ['netns', 'delete', `${NAME}-g0`]);
    }
    expectNothingLeft();
  });

  test('whose namespace another makes meanwhile is undone, and that one stays', async () => {
    const taken = `${NAME}-g0`;
    const meanwhile = (line: string) => {
      if (line.startsWith('namespaces')) execFileSync('ip', ['netns', 'add', taken]);
    };
    try {
      await expect(raise(['x'], undefined, meanwhile)).rejects.toThrow(`${taken} exists already`);
      expect(namespaces()).toEqual([taken]);
    } finally {
      execFileSync('ip', ['netns', 'delete', taken]);
    }
    expectNothingLeft();
  });

  test('that is half there is taken down', async () => {
    const record = await raise(['x', 'y']);
    execFileSync('ip', ['netns', 'delete', `${NAME}-g1`]);
    process.kill(record.processes['y']?.pid ?? 0, 'SIGKILL');
    await lowerLab(NAME);
    expectNothingLeft();
  });

  test('never ends a process that was given the pid of one of its own', async () => {
    const record = await raise(['x']);
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      const x = record.processes['x'];
      const pid = bystander.pid ?? 0;
      writeLabRecord({ ...record, processes: { ...record.processes, y: { pid, startTime: x?.startTime ?? 0 } } });
      await lowerLab(NAME);
      expect(bystander.exitCode ?? bystander.signalCode).toBe(null);
    } finally {
      bystander.kill();
    }
  });

  test('never removes a namespace that took the name of one of its own', async () => {
    const record = await raise(['x']);
    writeLabRecord({ ...record, identities: { ...record.identities, [`${NAME}-g0`]: '1:1' } });
    expect(await lowerLab(NAME)).toEqual([{ namespace: `${NAME}-g0`, pids: [], isForeign: true }]);
    expect(namespaces()).toEqual([`${NAME}-g0`]);
    execFileSync('ip', ['netns', 'delete', `${NAME}-g0`]);
    expectNothingLeft();
  });

  test('goes on without a daemon that is stopped, and takes it back', async () => {
    const { plan } = await raise(['x']);
    await stopDaemon(NAME, plan.mapper);
    expect([plan.mapper, ...plan.agents].map((daemon) => isDaemonRunning(current(), daemon))).toEqual([false, true]);
    await restartDaemon(NAME, plan.mapper, PROGRAM);
    expect(isDaemonRunning(current(), plan.mapper)).toBe(true);
    await expect(restartDaemon(NAME, plan.mapper, PROGRAM)).rejects.toThrow('running already');
  });

  test('of which daemons are stopped and started at the same time has all of them on record', async () => {
    const { plan } = await raise(['x', 'y']);
    const daemons = [plan.mapper, ...plan.agents];
    await Promise.all(daemons.map((daemon) => stopDaemon(NAME, daemon)));
    expect(current().processes).toEqual({});
    await Promise.all(daemons.map((daemon) => restartDaemon(NAME, daemon, PROGRAM)));
    expect(daemons.map((daemon) => isDaemonRunning(current(), daemon))).toEqual([true, true, true]);
    await lowerLab(NAME);
    expectNothingLeft();
  });

  test('is changed by one command at a time, and by the next when that has ended', async () => {
    await raise(['x']);
    const tryLock = () => spawnSync('flock', ['-n', join(labDirectory(NAME), 'lock'), 'true']).status;
    await withLabLock(NAME, async () => expect(tryLock()).toBe(1));
    expect(tryLock()).toBe(0);
  });

  test('starts a daemon once, however often at the same time', async () => {
    const { plan } = await raise(['x']);
    await stopDaemon(NAME, plan.mapper);
    const starts = await Promise.allSettled([1, 2, 3].map(() => restartDaemon(NAME, plan.mapper, PROGRAM)));
    expect(starts.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(processes()).toHaveLength(2);
  });

  test('ends its daemons also where they are not on record', async () => {
    const record = await raise(['x']);
    const other = spawn('nsenter', [`--net=/run/netns/${NAME}-g0`, 'sleep', '60'], { stdio: 'ignore' });
    try {
      await expect.poll(() => readlinkSync(`/proc/${other.pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'));
      changeLabRecord(NAME, () => ({ processes: {} }));
      expect(await lowerLab(NAME)).toEqual([{ namespace: `${NAME}-g0`, pids: [other.pid], isForeign: false }]);
      expect(Object.values(record.processes).map(isRunning)).toEqual([false, false]);
    } finally {
      other.kill();
    }
    expectNothingLeft();
  });
});

test('a process that ended is not taken for one that runs', async () => {
  const { processes: started } = await raise(['x']);
  const [one] = Object.values(started);
  await lowerLab(NAME);
  expect(one !== undefined && isRunning(one)).toBe(false);
});

function current(): LabRecord {
  const record = readLabRecord(NAME);
  if (record === undefined) throw new Error('the lab has no record');
  return record;
}
