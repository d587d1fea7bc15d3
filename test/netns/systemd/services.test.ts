/** All in one file, although it is long: what boots once serves all of it, and each test goes on from the one before. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../kit/netns/until.ts';
import { BootedSystemd } from '../../kit/systemd/booted-systemd.ts';
import {
  AGENT_CAPABILITIES,
  CAPABILITY,
  configure,
  dropIn,
  guestOf,
  installServices,
  journal,
  mainPid,
  privileges,
  reaches,
  running,
  show,
} from '../../kit/systemd/service-cloud.ts';

const UP = 'registered, 1 of 1 ports up';
const INSTANCES = ['h2', 'h4', 'h5', 'h6'].map((host) => `netweft-agent@${host}`);
const UNITS = ['netweft-mapper', 'netweft-agent', ...INSTANCES, 'agent-h1'];
/** Patient enough for a machine with much to do, and short enough to wait for. */
const WATCHDOG = '[Service]\nWatchdogSec=4\nRestartSec=100ms';

let systemd: BootedSystemd;

beforeAll(async () => {
  systemd = await BootedSystemd.boot();
  installServices(systemd);
});

afterAll(async () => {
  await systemd?.end();
});

/** The commands of the manual of which the first begins so. */
function manualCommands(beginning: string): string {
  const blocks = readFileSync('docs/operations.md', 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm);
  const found = [...blocks].map((match) => match[1] ?? '').filter((commands) => commands.startsWith(beginning));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

function isRunning(unit: string): boolean {
  return show(systemd, unit, 'SubState')['SubState'] === 'running';
}

function example(file: string): string {
  return readFileSync(`packaging/systemd/examples/${file}`, 'utf8');
}

describe('the units', () => {
  test('hold nothing that systemd does not understand, and expose little', () => {
    const files = ['netweft-mapper.service', 'netweft-agent.service', 'netweft-agent@x.service'];
    expect(systemd.run(`cd /etc/systemd/system && systemd-analyze verify --man=no ${files.join(' ')}`)).toEqual({
      status: 0,
      out: '',
      err: '',
    });
    for (const [unit, most] of [
      ['netweft-mapper', 12],
      ['netweft-agent', 22],
      ['netweft-agent@x', 22],
    ]) {
      expect(systemd.run(`systemd-analyze security --threshold=${most} ${unit}.service`)).toMatchObject({ status: 0 });
    }
  });

  test.each(readdirSync('packaging/systemd/examples'))('are still right with the drop-in %s', (file) => {
    const { out, err } = systemd.run(`set -e
      mkdir -p /opt/weft-blue/bin && ln -sf /usr/local/bin/weft /opt/weft-blue/bin/weft
      folder=/run/systemd/system/netweft-agent@.service.d
      mkdir -p $folder && cp /opt/netweft/packaging/systemd/examples/${file} $folder/
      cd /etc/systemd/system && systemd-analyze verify --man=no netweft-agent@x.service || true
      rm -r $folder
      systemctl --version | head -n 1`);
    const version = Number(/^systemd (\d+)/.exec(out)?.[1]);
    const isKnown = file !== 'notify-reload.conf' || version >= 253;
    if (isKnown) expect(err).toBe('');
    else expect(err).toContain('Failed to parse service type, ignoring: notify-reload');
  });
});

describe('services', () => {
  test('the mapping daemon is ready when it answers, without privileges, and is found', () => {
    systemd.do('systemctl start netweft-mapper');
    expect(systemd.do('weft status')).toContain('198.18.0.2:7791');
    expect(show(systemd, 'netweft-mapper', 'ActiveState', 'SubState', 'StatusText')).toEqual({
      ActiveState: 'active',
      SubState: 'running',
      StatusText: 'serving agents at 198.18.0.2:7791',
    });
    const status = systemd.do(`cat /proc/${mainPid(systemd, 'netweft-mapper')}/status`);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^Uid:\s+[1-9]\d+\s/m);
    systemd.do('test -e /var/lib/netweft/mapper/mapper.db && weft apply -f /tmp/cloud.yaml');
  });

  test('an agent is ready when it says so, not when its process runs', async () => {
    configure(systemd, 'agent.yaml', 'h3');
    systemd.do('mkfifo -m 666 /run/gate');
    const wait = 'read line </run/gate; exec weft agent --config /etc/netweft/agent.yaml';
    dropIn(systemd, 'netweft-agent.service', `[Service]\nExecStart=\nExecStart=sh -c '${wait}'`);
    systemd.do('systemctl start --no-block netweft-agent');
    await until('its process runs', 10_000, () => mainPid(systemd, 'netweft-agent') > 0);
    expect(show(systemd, 'netweft-agent', 'ActiveState', 'SubState')).toEqual({
      ActiveState: 'activating',
      SubState: 'start',
    });
    systemd.do('echo go >/run/gate && systemctl start netweft-agent');
    expect(systemd.run('weft port list')).toMatchObject({ status: 0 });
    await running(systemd, 'netweft-agent', 0, UP);
  });

  test("the manual's line starts one in a network namespace, with the least privileges", async () => {
    expect(systemd.run(manualCommands('systemd-run '))).toMatchObject({ status: 0 });
    expect(show(systemd, 'agent-h1', 'ActiveState', 'SubState')).toEqual({
      ActiveState: 'active',
      SubState: 'running',
    });
    await running(systemd, 'agent-h1', 0, UP);
    const pid = mainPid(systemd, 'agent-h1');
    const [inside, named] = systemd.do(`stat -Lc %i /proc/${pid}/ns/net /run/netns/h1`).split('\n');
    expect(inside).toBe(named);
    const { uid, capabilities } = privileges(systemd, 'agent-h1');
    expect(uid).toBeGreaterThan(0);
    expect(capabilities).toEqual([AGENT_CAPABILITIES, AGENT_CAPABILITIES, AGENT_CAPABILITIES]);
  });

  test('several stand beside each other, one of them in the network namespace of its name', async () => {
    for (const host of ['h2', 'h4'] as const) configure(systemd, `agent-${host}.yaml`, host);
    dropIn(systemd, 'netweft-agent@h2.service', `${example('network-namespace.conf')}\n${WATCHDOG}`);
    systemd.do('systemctl start netweft-agent@h2 netweft-agent@h4');
    for (const host of ['h2', 'h4']) await running(systemd, `netweft-agent@${host}`, 0, UP);
    expect(systemd.do('ls /run/netweft').split('\n')).toEqual(['agent', 'agent-h1', 'agent-h2', 'agent-h4', 'mapper']);
    for (const [from, to] of [
      ['h1', 'h2'],
      ['h2', 'h3'],
      ['h3', 'h4'],
      ['h4', 'h1'],
    ] as const) {
      await reaches(systemd, from, to);
    }
  });

  test('a reload is handed on, and one with a mistake changes nothing', async () => {
    const unit = 'netweft-agent@h4';
    const pid = mainPid(systemd, unit);
    configure(systemd, 'agent-h4.yaml', 'h4', { log: { level: 'debug' } });
    systemd.do(`systemctl reload ${unit}`);
    await until('it has reloaded', 10_000, () => journal(systemd, unit).includes('reloaded'));
    configure(systemd, 'agent-h4.yaml', 'h4', { nonsense: 1 });
    systemd.do(`systemctl reload ${unit}`);
    await until('it has refused', 10_000, () => journal(systemd, unit).includes('reload-refused'));
    await running(systemd, unit, 0, UP);
    expect(mainPid(systemd, unit)).toBe(pid);
    await reaches(systemd, 'h1', 'h4');
  });

  test('are in a report for others, with the state and the journal of each unit', () => {
    const item = (file: string) => systemd.do(`weft bugreport -o - | tar -xzO --wildcards '*/${file}'`);
    const units = item('units.txt').split('\n\n');
    for (const unit of ['netweft-mapper', 'netweft-agent', 'netweft-agent@h2', 'netweft-agent@h4']) {
      const pattern = new RegExp(`^Id=${unit}\\.service$`, 'm');
      const lines = units.find((text) => pattern.test(text))?.split('\n');
      expect(lines, unit).toEqual(
        expect.arrayContaining(['LoadState=loaded', 'ActiveState=active', 'SubState=running']),
      );
    }
    expect(units.join('\n')).toContain(`StatusText=${UP}`);
    const lines = item('journal.txt').split('\n');
    for (const event of ['registered', 'port-up', 'reload-refused']) {
      expect(
        lines.some((line) => line.includes(event) && line.includes('weft')),
        event,
      ).toBe(true);
    }
  });
});

describe('an agent', () => {
  test('whose guests are in no other namespace does with fewer capabilities, and still sees what befalls its device', async () => {
    const unit = 'netweft-agent@h5';
    configure(systemd, 'agent-h5.yaml', 'h5');
    dropIn(systemd, `${unit}.service`, example('one-namespace.conf'));
    systemd.do(`systemctl start ${unit}`);
    await running(systemd, unit, 0, UP);
    const { uid, capabilities } = privileges(systemd, unit);
    const wanted = CAPABILITY.netAdmin | CAPABILITY.netBroadcast;
    expect(uid).toBeGreaterThan(0);
    expect(capabilities).toEqual([wanted, wanted, wanted]);
    await reaches(systemd, 'h1', 'h5');
    systemd.do('ip link delete weft0');
    await reaches(systemd, 'h1', 'h5');
  });

  test('that is root reaches a namespace that only root can', async () => {
    const unit = 'netweft-agent@h6';
    configure(systemd, 'agent-h6.yaml', 'h6');
    systemd.do(`systemctl start ${unit}`);
    await running(systemd, unit, 0, 'registered, 0 of 1 ports up');
    dropIn(systemd, `${unit}.service`, example('root.conf'));
    systemd.do(`systemctl restart ${unit}`);
    await running(systemd, unit, 0, UP);
    const wanted = AGENT_CAPABILITIES | CAPABILITY.sysPtrace;
    expect(privileges(systemd, unit)).toEqual({ uid: 0, capabilities: [wanted, wanted, wanted] });
    await reaches(systemd, 'h1', 'h6');
  });

  test('whose configuration it may not read says what to do, and starts when that is done', async () => {
    const unit = 'netweft-agent@h5';
    systemd.do(`systemctl stop ${unit} && chmod 600 /etc/netweft/agent-h5.yaml`);
    dropIn(systemd, `${unit}.service`, '[Service]\nRestartSec=10ms');
    systemd.do(`systemctl start --no-block ${unit}`);
    const hint = 'chmod 644 /etc/netweft/agent-h5.yaml';
    await until('it says so', 10_000, () => journal(systemd, unit).includes(hint));
    systemd.do(hint);
    await until('it serves', 20_000, () => isRunning(unit));
    await reaches(systemd, 'h1', 'h5');
  });

  test('whose address comes late is tried however often, and serves then', async () => {
    const unit = 'netweft-agent@h5';
    systemd.do(`systemctl stop ${unit}`);
    dropIn(systemd, `${unit}.service`, '[Service]\nExecStartPre=test -e /run/address-is-there');
    systemd.do(`systemctl start --no-block ${unit}`);
    const restarts = () => Number(show(systemd, unit, 'NRestarts')['NRestarts']);
    await until('it was tried often', 20_000, () => restarts() > 30);
    systemd.do('touch /run/address-is-there');
    await until('it serves', 20_000, () => isRunning(unit));
    await reaches(systemd, 'h1', 'h5');
  });

  test('that stands still is restarted by the watchdog', async () => {
    const unit = 'netweft-agent@h2';
    systemd.do(`kill -STOP ${mainPid(systemd, unit)}`);
    await running(systemd, unit, 1, UP);
    expect(journal(systemd, unit)).toContain('Watchdog timeout (limit 4s)!');
    await reaches(systemd, 'h1', 'h2');
  });

  test('whose packet worker stands still is restarted too', async () => {
    const unit = 'netweft-agent@h2';
    const freeze = `/opt/netweft/test/kit/systemd/freeze-thread.py ${mainPid(systemd, unit)} weft-worker`;
    systemd.do(`systemd-run --unit=freezer python3 ${freeze}`);
    await until('the worker is frozen', 10_000, () => journal(systemd, 'freezer').includes('frozen'));
    await running(systemd, unit, 2, UP);
    expect(journal(systemd, unit)).toContain('watchdog-withheld');
    await reaches(systemd, 'h1', 'h2');
  });

  test('that is killed is started again, and one that is stopped is not', async () => {
    systemd.do('systemctl kill -s KILL netweft-agent@h2');
    await running(systemd, 'netweft-agent@h2', 3, UP);
    await reaches(systemd, 'h2', 'h1');
  });
});

describe('the mapping daemon', () => {
  test("takes a copy of its database that is root's, as the manual puts it back", async () => {
    systemd.do(`systemctl stop netweft-mapper && cd /root && install -m 600 /var/lib/netweft/mapper/mapper.db mapper.db.copy
      rm /var/lib/netweft/mapper/mapper.db`);
    systemd.do(`set -e; cd /root\n${manualCommands('systemctl stop netweft-mapper')}`);
    expect(systemd.do('weft get ports')).toContain('g1');
    expect(systemd.do('systemctl cat netweft-mapper')).not.toContain('--restored');
    for (const unit of ['agent-h1', 'netweft-agent']) await running(systemd, unit, 0, UP);
    await reaches(systemd, 'h1', 'h3');
  });
});

describe('the end', () => {
  test('of every service is clean, and leaves no device, folder or process', () => {
    const started = show(systemd, 'agent-h1', 'ActiveState');
    expect(started).toEqual({ ActiveState: 'active' });
    for (const unit of UNITS) {
      systemd.do(`systemctl stop '${unit}'`);
      const seen = show(systemd, unit, 'ActiveState', 'Result', 'ExecMainStatus');
      expect({ unit, ...seen }).toEqual({ unit, ActiveState: 'inactive', Result: 'success', ExecMainStatus: '0' });
      // The unit of the manual's line is unloaded with its end: only its journal tells how that was.
      expect(journal(systemd, unit).split('\n')).toContain(`${unit}.service: Deactivated successfully.`);
    }
    expect(systemd.do('ls /run/netweft')).toBe('');
    for (const host of ['h1', 'h2', 'h3', 'h4'] as const) {
      expect(systemd.do(`ip -n ${guestOf(host).namespace} -o link | cut -d: -f2`)).toBe('lo');
    }
    expect(systemd.do('cat /proc/[0-9]*/comm').split('\n')).not.toContain('node');
    expect(systemd.do('ls /var/lib/netweft/mapper')).toBe('mapper.db');
  });

  test('of systemd leaves nothing on this machine', async () => {
    const mounts = readFileSync('/proc/self/mounts', 'utf8');
    expect(systemd.groups()).not.toEqual([]);
    await systemd.end();
    expect(systemd.groups()).toEqual([]);
    expect(readFileSync('/proc/self/mounts', 'utf8')).toBe(mounts);
    expect(mounts).not.toContain(systemd.folder);
    expect(processesIn(systemd.folder)).toEqual([]);
  });
});

function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/mounts`, 'utf8').includes(folder);
    } catch {
      return false; // it ended
    }
  });
}
