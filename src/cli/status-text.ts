import type { AgentStatusDocument, HostStatus, MapperStatusDocument } from '../admin/documents.ts';
import { formatCount, formatSpan } from './amounts.ts';
import { formatFacts, formatTable } from './table.ts';

export function mapperStatusText(status: MapperStatusDocument): string {
  const records = Object.entries(status.records).map(([kind, count]) => formatCount(count, kind));
  const facts = formatFacts([
    ['mapper', `version ${status.version}, up ${formatSpan(status.uptimeMs)}`],
    ['listens on', status.listen],
    ['store', `revision ${status.revision} of incarnation ${status.incarnation}`],
    ['records', records.join(', ')],
    ['agreements', String(status.agreements)],
  ]);
  if (status.hosts.length === 0) return facts;
  const titles = ['HOST', 'STATE', 'UNDERLAY', 'PORTS UP', 'HEARD', 'VERSION', 'FRAMEWORKS'];
  return `${facts}\n${formatTable(titles, status.hosts.map(hostRow))}`;
}

function hostRow(host: HostStatus): (string | undefined)[] {
  return [
    host.name,
    host.state,
    host.underlay,
    `${host.ports.up} of ${host.ports.total}`,
    host.lastHeardMs === undefined ? undefined : formatSpan(host.lastHeardMs),
    host.agentVersion,
    host.frameworks.join(','),
  ];
}

export function agentStatusText(status: AgentStatusDocument): string {
  const { mapper, fastPath } = status;
  const heard = mapper.lastHeardMs === undefined ? 'never heard' : `heard ${formatSpan(mapper.lastHeardMs)} ago`;
  const ports = Object.entries(status.ports).map(([state, count]) => `${count} ${state}`);
  const facts = formatFacts([
    ['agent', `host ${status.host}, version ${status.version}, up ${formatSpan(status.uptimeMs)}, boot ${status.boot}`],
    ['mapper', `${mapper.endpoint}, ${mapper.state}, session ${mapper.session}, ${heard}`],
    ['refused', mapper.refused],
    ['incarnation', mapper.incarnation || undefined],
    ['underlay', `${status.underlay}, speaks ${status.frameworks.join(', ')}`],
    ['fast path', `${fastPath.name}, ${fastPath.flows} of ${fastPath.capacity} flows, ${fastPath.pending} pending`],
    ['ports', ports.join(', ') || 'none'],
    ['knows', `${formatCount(status.mappings, 'mapping')}, ${formatCount(status.agreements, 'agreement')}`],
  ]);
  return `${facts}\n${formatTable(['COUNTER', 'SINCE START'], Object.entries({ ...status.counters, ...status.io }))}`;
}
