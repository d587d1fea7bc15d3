/** Messages to the objects that the generated encoder takes. Zeros and empty lists leave no bytes (proto3). */
import type { netweft } from './generated/control.js';
import { type Body, type Item, type Message, PORT_STATES, REFUSAL_CODES } from './messages.ts';
import { TRACE_VERDICTS, type TraceItem, type TraceReport } from './trace-messages.ts';

export type WireMessage = netweft.control.v1.Message.$Properties;
export type WireItem = netweft.control.v1.Item.$Properties;

export function messageToWire(message: Message): WireMessage {
  return { id: message.id, session: message.session, ...bodyToWire(message.body) };
}

export function itemToWire(item: Item): WireItem {
  switch (item.kind) {
    case 'port': {
      const { addresses, labels, namespace = null, ...rest } = item;
      return { port: { ...rest, addresses: [...addresses], labels: [...labels], namespace } };
    }
    case 'port-gone':
      return { portGone: item };
    case 'subnet':
      return { subnet: item };
    case 'subnet-gone':
      return { subnetGone: item };
    case 'host':
      return { host: item };
    case 'host-gone':
      return { hostGone: item };
    case 'mapping':
      return { mapping: { ...item, host: item.host ?? null } };
    case 'agreement':
      return { agreement: item };
    case 'agreement-gone':
      return { agreementGone: item };
    case 'trace':
      return { trace: traceToWire(item) };
    case 'trace-gone':
      return { traceGone: item };
  }
}

function traceToWire(item: TraceItem): netweft.control.v1.TraceItem.$Properties {
  const { port = null, protocol = null, sourcePort = null, destinationPort = null, ...rest } = item;
  return { ...rest, port, protocol, sourcePort, destinationPort };
}

function traceReportToWire(report: TraceReport): netweft.control.v1.TraceReport.$Properties {
  const stages = report.stages.map((stage) => ({ ...stage, verdict: numberOf(TRACE_VERDICTS, stage.verdict) }));
  return { ...report, verdict: numberOf(TRACE_VERDICTS, report.verdict), stages };
}

function bodyToWire(body: Body): WireMessage {
  switch (body.kind) {
    case 'register':
      return { register: { ...body, frameworks: [...body.frameworks] } };
    case 'heartbeat':
      return { heartbeat: {} };
    case 'sync':
      return { sync: body };
    case 'lookup':
      return { lookup: { keys: [...body.keys] } };
    case 'report':
      return { report: { ports: body.ports.map((port) => ({ ...port, state: numberOf(PORT_STATES, port.state) })) } };
    case 'trace-report':
      return { traceReport: traceReportToWire(body) };
    case 'trace-state':
      return { traceState: body };
    case 'registered':
      return { registered: body };
    case 'heartbeat-ack':
      return { heartbeatAck: {} };
    case 'sync-page':
      return { syncPage: { items: body.items.map(itemToWire), next: body.next } };
    case 'lookup-answer':
      return { lookupAnswer: { items: body.items.map(itemToWire) } };
    case 'report-ack':
      return { reportAck: {} };
    case 'trace-report-ack':
      return { traceReportAck: {} };
    case 'trace-state-ack':
      return { traceStateAck: {} };
    case 'refused':
      return { refused: { code: numberOf(REFUSAL_CODES, body.code), reason: body.reason } };
    case 'push':
      return { push: { sequence: body.sequence, items: body.items.map(itemToWire) } };
    case 'push-ack':
      return { pushAck: body };
  }
}

/** Enumerations count from 1; 0 is what an absent field reads as, and names nothing. */
function numberOf<T>(values: readonly T[], value: T): number {
  return values.indexOf(value) + 1;
}
