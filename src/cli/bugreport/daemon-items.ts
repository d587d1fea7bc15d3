/** What a report says of the daemons that answer, and what the kernel says of their sockets and devices. */
import type { AgentStatusDocument, MapperStatusDocument } from '../../admin/documents.ts';
import type { EventsDocument } from '../../admin/event-documents.ts';
import { KINDS } from '../../model/records.ts';
import type { ReportCollector } from './report-collector.ts';
import type { ReportMachine } from './report-machine.ts';

const MAX_FLOWS = 500;
const MAX_EVENTS = 1000;

type Status = AgentStatusDocument | MapperStatusDocument;

const EVENTS: Question = { name: 'events', path: `/v1/events?last=${MAX_EVENTS}` };
const AGENT_QUESTIONS: readonly Question[] = [
  { name: 'ports', path: '/v1/ports' },
  { name: 'flows', path: `/v1/flows?limit=${MAX_FLOWS}` },
  { name: 'drops', path: '/v1/drops' },
  EVENTS,
];
const MAPPER_QUESTIONS: readonly Question[] = [
  { name: 'agreements', path: '/v1/agreements' },
  EVENTS,
  ...KINDS.map((kind) => ({ name: `records-${kind}`, path: `/v1/records/${kind}` })),
];

interface Question {
  readonly name: string;
  readonly path: string;
}

/** What the daemons told that leads to further questions. */
export interface DaemonAnswers {
  readonly statuses: readonly Status[];
  /** Where those that answered serve metrics, as far as they remember. */
  readonly metrics: readonly string[];
}

/** Asks each daemon everything that one of its kind answers; one whose status does not come is asked no more. */
export async function collectDaemons(
  machine: ReportMachine,
  collector: ReportCollector,
  sockets: readonly string[],
): Promise<DaemonAnswers> {
  const statuses: Status[] = [];
  const metrics: string[] = [];
  for (const [index, socket] of sockets.entries()) {
    const ask = (question: Question) =>
      collector.take({
        file: `daemon-${index + 1}/${question.name}.json`,
        asked: `GET ${question.path} of ${socket}`,
        read: () => machine.ask(socket, question.path),
      });
    const status = await ask({ name: 'status', path: '/v1/status' });
    if (!isStatus(status)) continue;
    statuses.push(status);
    const isAgent = status.schema === 'netweft.agent-status/v1';
    for (const question of isAgent ? AGENT_QUESTIONS : MAPPER_QUESTIONS) {
      const answer = await ask(question);
      if (question === EVENTS) metrics.push(...metricsOf(answer));
    }
  }
  return { statuses, metrics };
}

/** An event `started` names the place where the daemon serves metrics, if it does. */
function metricsOf(answer: unknown): readonly string[] {
  const { events = [] } = (answer ?? {}) as { readonly events?: EventsDocument['events'] };
  const metrics = events.find(({ event }) => event === 'started')?.['metrics'];
  return typeof metrics === 'string' ? [metrics] : [];
}

function isStatus(value: unknown): value is Status {
  const schema = (value as { schema?: unknown } | undefined)?.schema;
  return schema === 'netweft.agent-status/v1' || schema === 'netweft.mapper-status/v1';
}
