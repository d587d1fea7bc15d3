import type { LabDocument } from '../lab/lab-document.ts';
import { formatTable } from './table.ts';

/** What is where, and which daemons run. */
export function labText(lab: LabDocument): string {
  const daemons = lab.daemons.map(({ name, state, underlay, namespace, socket }) => [
    name,
    state,
    underlay,
    namespace,
    socket,
  ]);
  const guests = lab.guests.map(({ guest, tenant, addresses, host, namespace, device }) => [
    guest,
    tenant,
    addresses.join(' '),
    host,
    namespace,
    device,
  ]);
  return [
    formatTable(['DAEMON', 'STATE', 'UNDERLAY', 'NAMESPACE', 'SOCKET'], daemons),
    formatTable(['GUEST', 'TENANT', 'ADDRESSES', 'HOST', 'NAMESPACE', 'DEVICE'], guests),
  ].join('\n');
}

/** Commands to begin with; each names the lab, so that it works where several are up. */
export function labSuggestions({ name, daemons, guests }: LabDocument): string {
  const [from] = guests;
  const to = guests.find((guest) => guest.tenant === from?.tenant && guest.host !== from.host);
  const lines = ['try:'];
  if (from !== undefined && to !== undefined)
    lines.push(`  weft lab exec --lab ${name} ${from.guest} -- ping -c 3 ${to.addresses[0]}`);
  const [mapper] = daemons;
  if (mapper !== undefined) lines.push(`  WEFT_SOCKET=${mapper.socket} weft status`);
  lines.push(`  weft lab exec --lab ${name} bridge -- tcpdump -ni bridge udp`);
  lines.push(`  weft lab down ${name}`);
  return `${lines.join('\n')}\n`;
}
