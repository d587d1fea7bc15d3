/**
 * A small cloud of services inside a booted systemd: the addresses are those of docs/operations.md.
 *
 *   the machine ── bridge ──┬── h1 (a network namespace)   agent of host h1, guest g1
 *   mapping daemon          └── h2 (another)               agent of host h2, guest g2
 *   agents of hosts h3 to h6: addresses of the machine itself, guests g3 to g6
 *
 * Guest g5 has no namespace of its own, and that of g6 is where only root can reach it.
 */
import { stringify } from 'yaml';
import { until } from '../netns/until.ts';
import type { BootedSystemd } from './booted-systemd.ts';

/** Starting and restarting take a process of Node each, on a machine that has other things to do. */
const LIMIT_MS = 30_000;
const MAPPER = '198.18.0.2';
const HOSTS = {
  h1: '198.18.0.11',
  h2: '198.18.0.12',
  h3: '198.18.0.13',
  h4: '198.18.0.14',
  h5: '198.18.0.15',
  h6: '198.18.0.16',
} as const;
export type Host = keyof typeof HOSTS;
const NAMES = Object.keys(HOSTS) as Host[];
/** Capabilities as the bits of /proc/PID/status. */
export const CAPABILITY = { netBroadcast: 1n << 11n, netAdmin: 1n << 12n, sysPtrace: 1n << 19n, sysAdmin: 1n << 21n };
export const AGENT_CAPABILITIES = CAPABILITY.netBroadcast | CAPABILITY.netAdmin | CAPABILITY.sysAdmin;
/** As Docker has its own. */
const ROOTS_NAMESPACES = '/run/docker/netns';

export function guestOf(host: Host): { readonly namespace: string; readonly address: string } {
  return { namespace: host.replace('h', 'g'), address: `10.1.2.${host.slice(1)}` };
}

/** Lays the underlay, makes the guests' namespaces, and installs the units and the configuration as the manual says. */
export function installServices(systemd: BootedSystemd): void {
  systemd.do(`set -e
    ip link add underlay type bridge
    ip link set underlay up
    for address in ${[MAPPER, HOSTS.h3, HOSTS.h4, HOSTS.h5, HOSTS.h6].join(' ')}; do ip address add $address/24 dev underlay; done
    for host in h1 h2; do
      ip netns add $host
      ip link add $host master underlay up type veth peer name underlay netns $host
      ip -n $host link set underlay up
    done
    ip -n h1 address add ${HOSTS.h1}/24 dev underlay
    ip -n h2 address add ${HOSTS.h2}/24 dev underlay
    for host in ${NAMES.join(' ')}; do ip netns add g\${host#h}; done
    mkdir -m 700 /run/docker
    mkdir ${ROOTS_NAMESPACES}
    touch ${ROOTS_NAMESPACES}/g6
    mount --bind /run/netns/g6 ${ROOTS_NAMESPACES}/g6
    cp /opt/netweft/packaging/systemd/*.service /etc/systemd/system/
    mkdir -p /etc/netweft
    systemctl daemon-reload`);
  write(systemd, '/etc/netweft/mapper.yaml', { listen: MAPPER });
  write(systemd, '/tmp/cloud.yaml', cloud());
}

/** Writes an agent's configuration file; `more` are further keys. */
export function configure(systemd: BootedSystemd, file: string, host: Host, more: object = {}): void {
  write(systemd, `/etc/netweft/${file}`, { host, underlay: HOSTS[host], mapper: MAPPER, ...more });
}

/** Puts a drop-in beside a unit; `text` is its content. */
export function dropIn(systemd: BootedSystemd, unit: string, text: string): void {
  const folder = `/etc/systemd/system/${unit}.d`;
  systemd.do(`mkdir -p '${folder}' && cat >>'${folder}/test.conf' <<'END' && systemctl daemon-reload\n${text}\nEND`);
}

/** Properties of a unit, by name. */
export function show(systemd: BootedSystemd, unit: string, ...names: string[]): Record<string, string> {
  const lines = systemd.do(`systemctl show -p ${names.join(',')} '${unit}'`).split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

export function mainPid(systemd: BootedSystemd, unit: string): number {
  return Number(show(systemd, unit, 'MainPID')['MainPID']);
}

/** The user of a unit's process, and the capabilities that it has now, may have at all, and may ever get. */
export function privileges(systemd: BootedSystemd, unit: string): { uid: number; capabilities: bigint[] } {
  const status = systemd.do(`cat /proc/${mainPid(systemd, unit)}/status`);
  const sets = [...status.matchAll(/^Cap(?:Prm|Eff|Bnd):\s+(\w+)$/gm)].map((match) => `0x${match[1]}`);
  return { uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]), capabilities: sets.map(BigInt) };
}

/** What the unit has logged. */
export function journal(systemd: BootedSystemd, unit: string): string {
  return systemd.do(`journalctl --sync && journalctl --no-pager -o cat -u '${unit}'`);
}

/** Waits until the unit runs, was restarted so often, and says `status`. */
export async function running(systemd: BootedSystemd, unit: string, restarts: number, status: string): Promise<void> {
  const wanted = { ActiveState: 'active', SubState: 'running', NRestarts: String(restarts), StatusText: status };
  let seen: Record<string, string> = {};
  const isThere = () => {
    seen = show(systemd, unit, ...Object.keys(wanted));
    return Object.entries(wanted).every(([name, value]) => seen[name] === value);
  };
  await until(`${unit} is ${JSON.stringify(wanted)}`, LIMIT_MS, isThere).catch((error) => {
    throw new Error(`it is ${JSON.stringify(seen)}\n${journal(systemd, unit)}`, { cause: error });
  });
}

/** Waits until the guest of one host reaches that of the other. */
export async function reaches(systemd: BootedSystemd, from: Host, to: Host): Promise<void> {
  const { namespace } = guestOf(from);
  const { address } = guestOf(to);
  const ping = () => systemd.run(`ip netns exec ${namespace} ping -c 1 -W 1 ${address}`).status === 0;
  await until(`${from} reaches ${to}`, LIMIT_MS, ping);
}

function cloud(): object {
  const guests = NAMES.map((host) => ({ host, ...guestOf(host) }));
  return {
    cloud: 'netweft/v1',
    tenants: [{ name: 'a', gni: 1001 }],
    networks: [{ name: 'a-net', tenant: 'a' }],
    subnets: [{ name: 'a-subnet', network: 'a-net', prefix: '10.1.2.0/24' }],
    hosts: NAMES.map((name) => ({ name, underlay: HOSTS[name] })),
    guests: guests.map(({ namespace }) => ({ name: namespace, tenant: 'a' })),
    ports: guests.map(({ host, namespace, address }) => {
      return {
        name: namespace,
        guest: namespace,
        subnet: 'a-subnet',
        addresses: [address],
        host,
        namespace: recordedNamespace(host),
        device: 'weft0',
      };
    }),
  };
}

function recordedNamespace(host: Host): string | undefined {
  if (host === 'h5') return undefined;
  const { namespace } = guestOf(host);
  return host === 'h6' ? `${ROOTS_NAMESPACES}/${namespace}` : namespace;
}

function write(systemd: BootedSystemd, path: string, content: object): void {
  systemd.do(`cat >'${path}' <<'END'\n${stringify(content)}END`);
}
