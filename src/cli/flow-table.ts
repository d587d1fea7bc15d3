import type { FlowEntry, FlowsDocument } from '../admin/documents.ts';
import { formatCount, formatSpan } from './amounts.ts';
import { protocolName } from './protocol-name.ts';
import { type Cell, formatTable, type Paint } from './table.ts';

const TITLES = ['FROM', 'PROTO', 'SOURCE', 'DESTINATION', 'OUTCOME', 'PACKETS', 'IDLE', 'AGREEMENT'];
const OUTCOME_COLUMN = TITLES.indexOf('OUTCOME');

/** The flows as a table. `rateOf` gives a flow's packets a second, which then has a column of its own at the end. */
export function flowsText(
  { flows, total, shown }: FlowsDocument,
  paintDrop: Paint,
  rateOf?: (flow: FlowEntry) => number | undefined,
): string {
  const titles = rateOf === undefined ? TITLES : [...TITLES, 'PACKETS/S'];
  const rows = flows.map((flow) => [...cells(flow), ...(rateOf === undefined ? [] : [rateText(rateOf(flow))])]);
  const isDrop = (row: readonly Cell[]) => String(row[OUTCOME_COLUMN]).startsWith('drop');
  const table = formatTable(titles, rows, (row) => (isDrop(row) ? paintDrop : undefined));
  return total > shown ? `${table}${formatCount(total - shown, 'further flow')}; --limit shows more\n` : table;
}

/** What is the same flow in the next answer. */
export function flowName(flow: FlowEntry): string {
  const { ingress, protocol, source, sourcePort, destination, destinationPort, agreement } = flow;
  return [ingress, agreement, protocol, source, sourcePort, destination, destinationPort].join(' ');
}

function cells(flow: FlowEntry): Cell[] {
  return [
    flow.ingress,
    protocolName(flow.protocol),
    withPort(flow.source, flow.sourcePort),
    withPort(flow.destination, flow.destinationPort),
    [flow.outcome, flow.to ?? flow.reason].filter((word) => word !== undefined).join(' '),
    flow.packets,
    formatSpan(flow.idleMs),
    flow.agreement === undefined ? undefined : `${flow.agreement} ${flow.framework ?? ''}`.trimEnd(),
  ];
}

function rateText(rate: number | undefined): string | undefined {
  return rate === undefined ? undefined : rate.toFixed(rate < 10 ? 1 : 0);
}

function withPort(address: string, port: number | undefined): string {
  return port === undefined ? address : `${address}:${port}`;
}
