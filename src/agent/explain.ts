import type { ExplainDocument, ExplainRequest } from '../admin/documents.ts';
import { UserError } from '../base/errors.ts';
import { formatEndpoint, parseEndpoint } from '../base/ipv4.ts';
import { DEFAULT_UNDERLAY_PORT } from '../model/records.ts';
import type { Arrival } from '../pipeline/arrival.ts';
import type { TraceStep } from '../pipeline/decide.ts';
import { DROP_REASONS } from '../pipeline/drop-reasons.ts';
import type { Decision, Outcome } from '../pipeline/outcome.ts';
import type { Agent } from './agent.ts';
import { requirePort } from './require-port.ts';

/** Bytes of the longest packet that is explained. */
const MAX_EXPLAINED_BYTES = 65_535;

/**
 * What would happen to a packet: the decision that forwarding makes, with its trace. Throws UserError
 * `invalid` for a request that describes no packet and `not-found` for a port that is not up here.
 */
export function explain(agent: Agent, request: ExplainRequest): ExplainDocument {
  const { decision, trace } = agent.explain(arrivalOf(agent, request));
  return document(agent, decision, trace);
}

function arrivalOf(agent: Agent, request: ExplainRequest): Arrival {
  if (request.port !== undefined && request.from === undefined && request.header === undefined) {
    return { kind: 'guest', port: requirePort(agent, request.port), bytes: hexBytes(request.packet, 'packet') };
  }
  if (request.port !== undefined || request.from === undefined || request.header === undefined) {
    throw new UserError(
      'invalid',
      'a packet comes either from a port, or from a host with a header',
      'give `port`, or both `from` and `header`',
    );
  }
  const source = parseEndpoint(request.from, DEFAULT_UNDERLAY_PORT);
  if (source === undefined) {
    throw new UserError('invalid', `${request.from} is no underlay endpoint`, 'write it as 198.18.0.11:7790');
  }
  const header = hexBytes(request.header, 'header');
  // Nothing follows a header that is all of the datagram.
  const bytes = request.packet === '' ? new Uint8Array(0) : hexBytes(request.packet, 'packet');
  return { kind: 'underlay', source, tos: request.tos ?? 0, header, bytes };
}

function hexBytes(text: string, name: string): Uint8Array {
  if (!/^([0-9a-fA-F]{2})+$/.test(text) || text.length > 2 * MAX_EXPLAINED_BYTES) {
    throw new UserError('invalid', `${name} is not hexadecimal`, 'give two digits for each byte, without spaces');
  }
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function document(agent: Agent, decision: Decision, trace: readonly TraceStep[]): ExplainDocument {
  const { outcome } = decision;
  const agreement = agreementOf(agent, decision);
  const to = targetOf(agent, outcome);
  return {
    schema: 'netweft.explain/v1',
    outcome: outcome.kind,
    ...(outcome.kind === 'drop' ? { reason: outcome.reason, meaning: DROP_REASONS[outcome.reason] } : {}),
    stages: trace,
    ...(agreement === undefined ? {} : { agreement }),
    ...(to === undefined ? {} : { to }),
    cacheable: decision.isCacheable,
    ...(Number.isFinite(decision.validForMs) ? { validForMs: decision.validForMs } : {}),
    reads: agent.state.describeKeys(decision.reads),
  };
}

function agreementOf(agent: Agent, { outcome, context }: Decision): ExplainDocument['agreement'] {
  const used =
    outcome.kind === 'send'
      ? agent.state.agreements.get(outcome.agreement)
      : context && agent.state.agreements.get(context.agreement);
  if (used === undefined) return undefined;
  return { id: used.id, framework: used.framework, sender: used.sender, receiver: used.receiver };
}

function targetOf(agent: Agent, outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case 'deliver':
    case 'reply':
      return agent.ports.nameOf(outcome.port);
    case 'send':
      return `${outcome.host} at ${formatEndpoint(outcome.destination)}`;
    case 'hold':
    case 'drop':
      return undefined;
  }
}
