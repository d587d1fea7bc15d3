/** What a report says of the daemons that answer, and what the kernel says of their sockets and devices. */
import type { AgentStatusDocument, MapperStatusDocument } from '../../admin/documents.ts';
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

/** Asks each daemon everything that one of its kind answers; one whose status does not come is asked no more. */
export async function collectDaemons(
  machine: ReportMachine,
  collector: ReportCollector,
  sockets: readonly string[],
): Promise<readonly Status[]> {
  const found: Status[] = [];
  for (const [index, socket] of sockets.entries()) {
    const ask = (question: Question) =>
      collector.take({
        file: `daemon-${index + 1}/${question.name}.json`,
        asked: `GET ${question.path} of ${socket}`,
        read: () => machine.ask(socket, question.path),
      });
    const status = await ask({ name: 'status', path: '/v1/status' });
    if (!isStatus(status)) continue;
    found.push(status);
    const isAgent = status.schema === 'netweft.agent-status/v1';
    for (const question of isAgent ? AGENT_QUESTIONS : MAPPER_QUESTIONS) await ask(question);
  }
  return found;
}

function isStatus(value: unknown): value is Status {
  const schema = (value as { schema?: unknown } | undefined)?.schema;
  return schema === 'netweft.agent-status/v1' || schema === 'netweft.mapper-status/v1';
}
