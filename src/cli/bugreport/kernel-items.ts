/** What the kernel of this network namespace says of the daemons' sockets and devices. */
import type { AgentStatusDocument, MapperStatusDocument } from '../../admin/documents.ts';
import { formatAddress } from '../../base/ipv4.ts';
import { DEFAULT_CONTROL_PORT, DEFAULT_UNDERLAY_PORT } from '../../model/records.ts';
import type { ReportItem } from './report-collector.ts';
import type { ReportMachine } from './report-machine.ts';

const MAX_LINKS = 256;
const MAX_SOCKETS = 64;
/** Columns of /proc/net/udp, see proc(5). */
const UDP_COLUMN = { local: 1, queues: 4, drops: 12 };

export function kernelItems(
  machine: ReportMachine,
  statuses: readonly (AgentStatusDocument | MapperStatusDocument)[],
): ReportItem[] {
  const endpoints = statuses.map((status) => ('listen' in status ? status.listen : status.underlay));
  return [
    {
      file: 'links.json',
      asked: 'ip -details -statistics link show: TUN devices, and those with an underlay address of a daemon',
      read: () => links(machine, new Set(endpoints.map((endpoint) => endpoint.replace(/:\d+$/, '')))),
    },
    {
      file: 'udp.txt',
      asked: 'UDP sockets on the ports of the daemons in /proc/net/udp',
      read: () => udpSockets(machine, new Set(endpoints.map((endpoint) => Number(endpoint.replace(/^.*:/, ''))))),
    },
  ];
}

interface Link {
  readonly ifname?: string;
  readonly mtu?: number;
  readonly operstate?: string;
  readonly qdisc?: string;
  readonly txqlen?: number;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly stats64?: object;
}

async function links(machine: ReportMachine, underlays: ReadonlySet<string>): Promise<object> {
  const all = JSON.parse(await machine.run('ip', '-json', '-details', '-statistics', 'link', 'show')) as Link[];
  const ofUnderlay = new Set(
    [...machine.addresses()]
      .filter(([, addresses]) => addresses.some((one) => underlays.has(one)))
      .map(([name]) => name),
  );
  const wanted = all.filter(({ ifname = '', linkinfo }) => linkinfo?.info_kind === 'tun' || ofUnderlay.has(ifname));
  return {
    total: wanted.length,
    links: wanted.slice(0, MAX_LINKS).map(({ ifname, mtu, operstate, qdisc, txqlen, linkinfo, stats64 }) => ({
      device: ifname,
      role: ofUnderlay.has(ifname ?? '') ? 'underlay' : 'tun',
      kind: linkinfo?.info_kind,
      mtu,
      operstate,
      qdisc,
      txqlen,
      statistics: stats64,
    })),
  };
}

async function udpSockets(machine: ReportMachine, ports: ReadonlySet<number>): Promise<string> {
  const wanted = new Set([DEFAULT_UNDERLAY_PORT, DEFAULT_CONTROL_PORT, ...ports]);
  const rows = (await machine.readText('/proc/net/udp')).trimEnd().split('\n').slice(1).map(columnsOf);
  const sockets = rows.filter(({ port }) => wanted.has(port)).slice(0, MAX_SOCKETS);
  if (sockets.length === 0) return `nothing listens on UDP ${[...wanted].join(', ')}\n`;
  return sockets
    .map(({ address, port, queues, drops }) => `${address}:${port} queues(tx:rx)=${queues} drops=${drops}\n`)
    .join('');
}

function columnsOf(line: string) {
  const columns = line.trim().split(/\s+/);
  const [address = '', port = ''] = (columns[UDP_COLUMN.local] ?? '').split(':');
  return {
    address: formatAddress(hostOrder(address)),
    port: Number.parseInt(port, 16),
    queues: columns[UDP_COLUMN.queues] ?? '-',
    drops: columns[UDP_COLUMN.drops] ?? '-',
  };
}

/** The kernel prints the address's bytes as a number of the machine, which is little-endian wherever Netweft runs. */
function hostOrder(text: string): number {
  return Buffer.from(text.padStart(8, '0'), 'hex').readUInt32LE();
}
