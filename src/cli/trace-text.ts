import pc from 'picocolors';
import type {
  TraceDocument,
  TraceEndDocument,
  TraceHost,
  TraceMissing,
  TraceResult,
  TraceSighting,
  TraceStartDocument,
} from '../admin/trace-documents.ts';
import { printable } from '../base/printable.ts';
import { formatCount, formatSpan } from './amounts.ts';
import type { Cli } from './cli.ts';
import { outcomeText, stagesTable } from './explain-text.ts';
import { recordText } from './fate-text.ts';
import { protocolName } from './protocol-name.ts';
import { formatFacts, type Paint } from './table.ts';

const MISSING_TEXT: { readonly [W in TraceMissing['why']]: string } = {
  unseen: 'did not see it within 2 s',
  'left-out': 'does not tell: it sees more packets of this flow than it tells of',
  untold: 'does not tell: it has not said within 2 s that it told of all it saw',
  refused: 'does not tell: too many other flows are traced there',
  'not-asked': 'does not tell: it was not asked to, or not yet',
  silent: 'does not tell: its agent is silent',
  unsupported: 'does not tell: its agent is of a version that does not trace',
};

const STATE_TEXT: { readonly [S in TraceHost['state']]: string | undefined } = {
  tracing: undefined,
  silent: 'is silent: it tells nothing',
  refused: 'refuses: too many other flows are traced there; it tells nothing',
  unsupported: 'has an agent of a version that does not trace: it tells nothing',
};

/** The order in which a summary names what became of packets. */
const RESULTS: readonly TraceResult[] = ['delivered', 'dropped', 'answered', 'lost', 'unknown'];

export function startText({ port, gni, flow, count, forMs, hosts }: TraceStartDocument): string {
  const protocol = flow.protocol === undefined ? '' : `${protocolName(flow.protocol)} `;
  const end = (address: string, number: number | undefined) =>
    number === undefined ? address : `${address}:${number}`;
  const what = `${protocol}${end(flow.source, flow.sourcePort)} > ${end(flow.destination, flow.destinationPort)}`;
  const receiver = hosts.find(({ role }) => role === 'receiver');
  const sender = hosts.find(({ role }) => role === 'sender');
  const where = receiver === undefined ? '' : `, to host ${receiver.host}`;
  const line = `tracing ${what}, GNI ${gni}, from port ${port} on host ${sender?.host}${where}`;
  const until = `the next ${formatCount(count, 'packet')}, for ${formatSpan(forMs)}`;
  return `${printable(`${line}: ${until}`)}\n${stateLines(hosts)}`;
}

/** One packet: what each host saw and did. */
export function packetText(
  document: TraceDocument,
  { hasColour, columns }: Pick<Cli, 'hasColour' | 'columns'>,
): string {
  const { packet, description, sightings, missing } = document;
  const paint = paintOf(document.result, hasColour);
  const first = sightings[0];
  const blocks = sightings.map((sighting) =>
    sightingText(sighting, sighting === first ? undefined : first, paint, columns),
  );
  if (missing !== undefined) blocks.push(`${paint(printable(`host ${missing.host} ${MISSING_TEXT[missing.why]}`))}\n`);
  return [`\npacket ${packet}: ${printable(description)}\n`, ...blocks].join('\n');
}

/** What all packets came to; `end` is absent where nobody waited for the end. */
export function summaryText(results: ReadonlyMap<TraceResult, number>, end: TraceEndDocument | undefined): string {
  const packets = [...results.values()].reduce((sum, number) => sum + number, 0);
  if (packets === 0) return `no packet of this flow was seen\n${stateLines(end?.hosts ?? [])}`;
  const parts = RESULTS.flatMap((result) => (results.has(result) ? `${results.get(result)} ${result}` : []));
  const sender = end?.hosts.find(({ role }) => role === 'sender');
  const ofAll =
    end === undefined || end.seen <= packets
      ? ''
      : `; host ${sender?.host} saw ${end.seen} of the flow in the meantime`;
  return `\n${formatCount(packets, 'packet')}: ${parts.join(', ')}${printable(ofAll)}\n`;
}

function sightingText(
  sighting: TraceSighting,
  first: TraceSighting | undefined,
  paint: Paint,
  columns: number | undefined,
): string {
  const { host, time, verdict, to, reason, meaning, again, stages } = sighting;
  const when = first === undefined ? ` at ${time}` : `, ${differenceText(first.time, time)} by the hosts' own clocks`;
  const facts = formatFacts(
    [
      ['outcome', outcomeText({ outcome: verdict, to, reason })],
      ['meaning', meaning],
      ['decided by', recordText(sighting)],
      ['by now', again && `it would be: ${again}`],
    ],
    columns,
  );
  const [outcome = '', ...rest] = facts.split('\n');
  return [
    `${printable(`host ${host}${when}`)}\n${stagesTable(stages, columns)}`,
    [paint(outcome), ...rest].join('\n'),
  ].join('');
}

/** `212 µs later`. */
function differenceText(from: string, to: string): string {
  const microseconds = microsecondsOf(to) - microsecondsOf(from);
  return microseconds < 0 ? `${-microseconds} µs earlier` : `${microseconds} µs later`;
}

/** Since 1970, of an RFC 3339 time with six digits of the second's fraction. */
function microsecondsOf(time: string): number {
  return Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26));
}

function stateLines(hosts: readonly TraceHost[]): string {
  return hosts
    .flatMap(({ host, state }) => (STATE_TEXT[state] === undefined ? [] : `host ${host} ${STATE_TEXT[state]}`))
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function paintOf(result: TraceResult, hasColour: boolean): Paint {
  const colours = pc.createColors(hasColour);
  if (result === 'delivered') return colours.green;
  return result === 'unknown' ? colours.yellow : colours.red;
}
