/**
 * What the generated decoder gives, to messages. Looks at structure only (something is there, an
 * enumeration's value is known); `broken-rule.ts` looks at the values.
 */
import { DecodeError } from '../base/errors.ts';
import type { netweft } from './generated/control.js';
import { type Body, type Item, type MappingKey, type Message, PORT_STATES, REFUSAL_CODES } from './messages.ts';
import type { WireItem, WireMessage } from './to-wire.ts';
import {
  TRACE_VERDICTS,
  type TraceItem,
  type TraceReport,
  type TraceStage,
  type TraceState,
} from './trace-messages.ts';

type WireCounter = WireMessage['id'];
type WireNamed = netweft.control.v1.GoneItem.$Properties;

export function messageFromWire(wire: WireMessage): Message {
  return { id: counterFromWire(wire.id), session: wire.session ?? 0, body: bodyFromWire(wire) };
}

function bodyFromWire(wire: WireMessage): Body {
  const body = requestFromWire(wire) ?? answerFromWire(wire) ?? pushFromWire(wire);
  if (body === undefined) throw new DecodeError('message without a known body');
  return body;
}

function requestFromWire(wire: WireMessage): Body | undefined {
  if (wire.register) {
    const { host, boot, agentVersion, frameworks } = wire.register;
    return {
      kind: 'register',
      host: host ?? '',
      boot: boot ?? '',
      agentVersion: agentVersion ?? '',
      frameworks: [...(frameworks ?? [])],
    };
  }
  if (wire.heartbeat) return { kind: 'heartbeat' };
  if (wire.sync) return { kind: 'sync', cursor: wire.sync.cursor ?? '' };
  if (wire.lookup) return { kind: 'lookup', keys: (wire.lookup.keys ?? []).map(keyFromWire) };
  if (wire.report) return { kind: 'report', ports: (wire.report.ports ?? []).map(portReportFromWire) };
  if (wire.traceReport) return traceReportFromWire(wire.traceReport);
  if (wire.traceState) return traceStateFromWire(wire.traceState);
  return undefined;
}

function answerFromWire(wire: WireMessage): Body | undefined {
  if (wire.registered) {
    const { session, incarnation, heartbeatMs } = wire.registered;
    return {
      kind: 'registered',
      session: session ?? 0,
      incarnation: incarnation ?? '',
      heartbeatMs: heartbeatMs ?? 0,
    };
  }
  if (wire.heartbeatAck) return { kind: 'heartbeat-ack' };
  if (wire.syncPage) {
    return { kind: 'sync-page', items: itemsFromWire(wire.syncPage.items), next: wire.syncPage.next ?? '' };
  }
  if (wire.lookupAnswer) return { kind: 'lookup-answer', items: itemsFromWire(wire.lookupAnswer.items) };
  if (wire.reportAck) return { kind: 'report-ack' };
  if (wire.traceReportAck) return { kind: 'trace-report-ack' };
  if (wire.traceStateAck) return { kind: 'trace-state-ack' };
  if (wire.refused) {
    const code = knownValue(REFUSAL_CODES, wire.refused.code, 'refusal code');
    return { kind: 'refused', code, reason: wire.refused.reason ?? '' };
  }
  return undefined;
}

function pushFromWire(wire: WireMessage): Body | undefined {
  if (wire.push)
    return { kind: 'push', sequence: counterFromWire(wire.push.sequence), items: itemsFromWire(wire.push.items) };
  if (wire.pushAck) return { kind: 'push-ack', sequence: counterFromWire(wire.pushAck.sequence) };
  return undefined;
}

function itemsFromWire(items: readonly WireItem[] | null | undefined): Item[] {
  return (items ?? []).map(itemFromWire);
}

function itemFromWire(wire: WireItem): Item {
  if (wire.port) return portFromWire(wire.port);
  if (wire.portGone) return { kind: 'port-gone', ...namedFromWire(wire.portGone) };
  if (wire.subnet) return subnetFromWire(wire.subnet);
  if (wire.subnetGone) return { kind: 'subnet-gone', ...namedFromWire(wire.subnetGone) };
  if (wire.host) {
    return { kind: 'host', ...namedFromWire(wire.host), endpoint: endpointFromWire(wire.host.endpoint) };
  }
  if (wire.hostGone) return { kind: 'host-gone', ...namedFromWire(wire.hostGone) };
  if (wire.mapping) return mappingFromWire(wire.mapping);
  if (wire.agreement) return agreementFromWire(wire.agreement);
  if (wire.agreementGone) {
    return {
      kind: 'agreement-gone',
      id: wire.agreementGone.id ?? 0,
      revision: counterFromWire(wire.agreementGone.revision),
    };
  }
  if (wire.trace) return traceFromWire(wire.trace);
  if (wire.traceGone) return { kind: 'trace-gone', id: wire.traceGone.id ?? 0 };
  throw new DecodeError('item of no known kind');
}

function traceFromWire(wire: netweft.control.v1.TraceItem.$Properties): TraceItem {
  return {
    kind: 'trace',
    id: wire.id ?? 0,
    gni: wire.gni ?? 0,
    port: wire.port ?? undefined,
    source: wire.source ?? 0,
    destination: wire.destination ?? 0,
    protocol: wire.protocol ?? undefined,
    sourcePort: wire.sourcePort ?? undefined,
    destinationPort: wire.destinationPort ?? undefined,
    validMs: wire.validMs ?? 0,
  };
}

function traceReportFromWire(wire: netweft.control.v1.TraceReport.$Properties): TraceReport {
  return {
    kind: 'trace-report',
    trace: wire.trace ?? 0,
    digest: wire.digest ?? '',
    timeUs: counterFromWire(wire.timeUs),
    seen: counterFromWire(wire.seen),
    sampleBits: wire.sampleBits ?? 0,
    origin: wire.origin ?? '',
    verdict: knownValue(TRACE_VERDICTS, wire.verdict, 'verdict'),
    to: wire.to ?? '',
    reason: wire.reason ?? '',
    record: wire.record ?? '',
    recordRevision: counterFromWire(wire.recordRevision),
    again: wire.again ?? '',
    stages: (wire.stages ?? []).map(traceStageFromWire),
  };
}

function traceStateFromWire(wire: netweft.control.v1.TraceState.$Properties): TraceState {
  return {
    kind: 'trace-state',
    trace: wire.trace ?? 0,
    isRefused: wire.isRefused ?? false,
    untoldMs: wire.untoldMs ?? 0,
    leftOut: counterFromWire(wire.leftOut),
    sampleBits: wire.sampleBits ?? 0,
  };
}

function traceStageFromWire(wire: netweft.control.v1.TraceStage.$Properties): TraceStage {
  const verdict = knownValue(TRACE_VERDICTS, wire.verdict, 'verdict of a stage');
  return { name: wire.name ?? '', verdict, detail: wire.detail ?? '' };
}

function portFromWire(wire: netweft.control.v1.PortItem.$Properties): Item {
  return {
    kind: 'port',
    ...namedFromWire(wire),
    gni: wire.gni ?? 0,
    network: wire.network ?? '',
    subnet: prefixFromWire(wire.subnet),
    addresses: [...(wire.addresses ?? [])],
    mtu: wire.mtu ?? 0,
    labels: [...(wire.labels ?? [])],
    device: wire.device ?? '',
    namespace: wire.namespace ?? undefined,
  };
}

function subnetFromWire(wire: netweft.control.v1.SubnetItem.$Properties): Item {
  return {
    kind: 'subnet',
    ...namedFromWire(wire),
    gni: wire.gni ?? 0,
    network: wire.network ?? '',
    prefix: prefixFromWire(wire.prefix),
  };
}

function mappingFromWire(wire: netweft.control.v1.MappingItem.$Properties): Item {
  return {
    kind: 'mapping',
    key: keyFromWire(present(wire.key, 'mapping without a key')),
    revision: counterFromWire(wire.revision),
    host: wire.host ?? undefined,
    validMs: wire.validMs ?? 0,
  };
}

function agreementFromWire(wire: netweft.control.v1.AgreementItem.$Properties): Item {
  return {
    kind: 'agreement',
    id: wire.id ?? 0,
    revision: counterFromWire(wire.revision),
    sender: wire.sender ?? '',
    receiver: wire.receiver ?? '',
    framework: wire.framework ?? '',
  };
}

function namedFromWire(wire: WireNamed): { name: string; revision: number } {
  return { name: wire.name ?? '', revision: counterFromWire(wire.revision) };
}

function keyFromWire(wire: netweft.control.v1.MappingKey.$Properties): MappingKey {
  return { gni: wire.gni ?? 0, address: wire.address ?? 0 };
}

function prefixFromWire(wire: netweft.control.v1.Prefix.$Properties | null | undefined) {
  const { address, length } = present(wire, 'item without a prefix');
  return { address: address ?? 0, length: length ?? 0 };
}

function endpointFromWire(wire: netweft.control.v1.Endpoint.$Properties | null | undefined) {
  const { address, port } = present(wire, 'host without an endpoint');
  return { address: address ?? 0, port: port ?? 0 };
}

function portReportFromWire(wire: netweft.control.v1.PortReport.$Properties) {
  return { ...namedFromWire(wire), state: knownValue(PORT_STATES, wire.state, 'port state') };
}

/** The decoder gives a Long; a value of 2^53 or more comes out as no less, and breaks the field's rule. */
function counterFromWire(value: WireCounter): number {
  return typeof value === 'number' ? value : (value?.toNumber() ?? 0);
}

function present<T>(value: T | null | undefined, rule: string): T {
  if (value === null || value === undefined) throw new DecodeError(rule);
  return value;
}

function knownValue<T>(values: readonly T[], wire: number | null | undefined, what: string): T {
  const value = values[(wire ?? 0) - 1];
  if (value === undefined) throw new DecodeError(`unknown ${what}`);
  return value;
}
