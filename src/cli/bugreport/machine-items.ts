/** What a report says of the machine and of this program. */
import { VERSION } from '../../base/version.ts';
import type { ReportItem } from './report-collector.ts';
import type { ReportMachine } from './report-machine.ts';

/** Of the environment only whether these are set, never what to. */
const VARIABLES = ['WEFT_SOCKET', 'NO_COLOR', 'RUNTIME_DIRECTORY', 'STATE_DIRECTORY'];
const RELEASE_FIELDS = /^(?:NAME|VERSION|ID|VERSION_ID|PRETTY_NAME)=.*$/gm;
const PROCESS_FIELDS = /^(?:Cap(?:Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):.*$/gm;
const SYSCTLS = [
  'net.core.rmem_max',
  'net.core.rmem_default',
  'net.core.wmem_max',
  'net.core.wmem_default',
  'net.core.netdev_max_backlog',
  'net.ipv4.ip_forward',
  'net.ipv4.conf.all.rp_filter',
  'net.ipv4.conf.default.rp_filter',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.udp_mem',
  'user.max_net_namespaces',
  'fs.nr_open',
];

export function machineItems(machine: ReportMachine): ReportItem[] {
  const { system } = machine;
  return [
    { file: 'weft.json', asked: 'this program, and which variables are set', read: async () => program(machine) },
    {
      file: 'machine.json',
      asked: 'kernel, processors, memory',
      read: async () => {
        const { hostname: _, node: __, isRoot: ___, environment: ____, ...facts } = system;
        return facts;
      },
    },
    {
      file: 'distribution.txt',
      asked: 'names and versions in /etc/os-release',
      read: async () => lines((await machine.readText('/etc/os-release')).match(RELEASE_FIELDS)),
    },
    {
      file: 'capabilities.txt',
      asked: 'capabilities, NoNewPrivs and Seccomp in /proc/self/status',
      read: async () => lines((await machine.readText('/proc/self/status')).match(PROCESS_FIELDS)),
    },
    { file: 'tun.json', asked: 'mode and access of /dev/net/tun', read: () => machine.access('/dev/net/tun') },
    { file: 'sysctl.txt', asked: 'named values below /proc/sys', read: () => sysctls(machine) },
  ];
}

function program(machine: ReportMachine): object {
  const { node, isRoot, environment } = machine.system;
  const variables = VARIABLES.map((name) => [name, environment[name] === undefined ? 'not set' : 'set']);
  return { version: VERSION, node, isRoot, addon: addonState(machine), environment: Object.fromEntries(variables) };
}

function addonState(machine: ReportMachine): string {
  try {
    machine.loadAddon();
    return 'loads';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function sysctls(machine: ReportMachine): Promise<string> {
  const values = SYSCTLS.map(async (name) => {
    const value = await machine.readText(`/proc/sys/${name.replaceAll('.', '/')}`).catch(unreadable);
    return `${name} = ${value.trim().replace(/\s+/g, ' ')}`;
  });
  return lines(await Promise.all(values));
}

function unreadable(error: unknown): string {
  return `(${(error as NodeJS.ErrnoException).code ?? String(error)})`;
}

function lines(found: readonly string[] | null): string {
  return (found ?? []).map((line) => `${line}\n`).join('');
}
