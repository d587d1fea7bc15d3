import fc from 'fast-check';
import { fittingItems } from '../../../src/control/codec.ts';
import {
  type AgreementGoneItem,
  type Answer,
  type Body,
  type Item,
  MAX_COUNTER,
  MAX_CURSOR_LENGTH,
  MAX_FRAMEWORKS,
  MAX_HEARTBEAT_MS,
  MAX_LOOKUP_KEYS,
  MAX_REASON_LENGTH,
  MAX_REPORT_PORTS,
  MAX_VALID_MS,
  type Message,
  PORT_STATES,
  type PortItem,
  REFUSAL_CODES,
  type Request,
} from '../../../src/control/messages.ts';
import { fitStages } from '../../../src/control/fit-stages.ts';
import {
  MAX_AGAIN_LENGTH,
  MAX_RECORD_NAME,
  MAX_SAMPLE_BITS,
  MAX_TRACE_STAGES,
  MAX_TRACE_TEXT,
  MAX_TRACE_VALID_MS,
  MAX_TRACE_UNTOLD_MS,
  TRACE_VERDICTS,
  type TraceReport,
  type TraceState,
} from '../../../src/control/trace-messages.ts';

function between(min: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
}

const anyUint32 = between(0, 2 ** 32 - 1);
const anyPositive = between(1, 2 ** 32 - 1);
const anyCounter = fc.oneof(fc.nat(1000), between(0, MAX_COUNTER), fc.constant(2 ** 32));
const anyId = anyCounter.map((counter) => Math.max(1, counter));
const anyName = fc.oneof(
  fc.constantFrom('x', 'constructor', 'prototype', 'a'.repeat(63), '0-0'),
  fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
);
const anyFramework = fc.oneof(
  fc.constantFrom('udp/1.0', 'udp/2.0', 'a/0.0'),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,15}\/(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/),
);
const anyPrefix = fc.tuple(anyUint32, fc.integer({ min: 0, max: 32 })).map(([address, length]) => ({
  address: length === 0 ? 0 : ((address >>> (32 - length)) << (32 - length)) >>> 0,
  length,
}));
const anyKey = fc.record({ gni: anyPositive, address: anyUint32 });
const printable = (maxLength: number) => fc.stringMatching(new RegExp(`^[ -~]{0,${maxLength}}$`), { size: 'max' });

const anyPort: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant('port'),
  name: anyName,
  revision: anyCounter,
  gni: anyPositive,
  network: anyName,
  subnet: anyPrefix,
  addresses: fc.array(anyUint32, { minLength: 1, maxLength: 16 }),
  mtu: between(576, 9000),
  labels: fc.array(between(0, 2 ** 20 - 1), { maxLength: 8 }),
  device: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/),
  namespace: fc.option(fc.stringMatching(/^(\/[A-Za-z0-9_./-]{1,200}|[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$/), {
    nil: undefined,
  }),
});

const anyGone: fc.Arbitrary<Item> = fc.record({
  kind: fc.constantFrom('port-gone', 'subnet-gone', 'host-gone'),
  name: anyName,
  revision: anyCounter,
});

const anySubnet: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant('subnet'),
  name: anyName,
  revision: anyCounter,
  gni: anyPositive,
  network: anyName,
  prefix: anyPrefix,
});

const anyHost: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant('host'),
  name: anyName,
  revision: anyCounter,
  endpoint: fc.record({ address: anyPositive, port: between(1, 65535) }),
});

const anyMapping: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant('mapping'),
  key: anyKey,
  revision: anyCounter,
  host: fc.option(anyName, { nil: undefined }),
  validMs: between(0, MAX_VALID_MS),
});

const anyAgreement: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant('agreement'),
  id: between(1, 2 ** 24 - 1),
  revision: anyCounter,
  sender: anyName,
  receiver: anyName,
  framework: anyFramework,
});

const anyAgreementGone: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant('agreement-gone'),
  id: between(1, 2 ** 24 - 1),
  revision: anyCounter,
});

const anyTrace: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant('trace'),
  id: anyPositive,
  gni: anyPositive,
  port: fc.option(anyName, { nil: undefined }),
  source: anyUint32,
  destination: anyUint32,
  protocol: fc.option(between(0, 255), { nil: undefined }),
  sourcePort: fc.option(between(0, 65535), { nil: undefined }),
  destinationPort: fc.option(between(0, 65535), { nil: undefined }),
  validMs: between(1, MAX_TRACE_VALID_MS),
});

const anyTraceGone: fc.Arbitrary<Item> = fc.record({ kind: fc.constant('trace-gone'), id: anyPositive });

const anyStages = fc
  .array(
    fc.record({
      name: fc.stringMatching(/^[a-z][a-z0-9-]{0,23}$/),
      verdict: fc.constantFrom(...TRACE_VERDICTS),
      detail: printable(MAX_TRACE_TEXT),
    }),
    { minLength: 1, maxLength: MAX_TRACE_STAGES },
  )
  .map((stages) => fitStages(stages));

/** With and without a drop, which has a reason and nothing else has. */
const anyTraceReport: fc.Arbitrary<TraceReport> = fc
  .record({
    kind: fc.constant('trace-report' as const),
    trace: anyPositive,
    digest: fc.stringMatching(/^[0-9a-f]{16}$/),
    timeUs: anyCounter,
    seen: anyId,
    sampleBits: between(0, MAX_SAMPLE_BITS),
    origin: printable(63),
    verdict: fc.constantFrom(...TRACE_VERDICTS.filter((verdict) => verdict !== 'pass')),
    to: printable(63),
    reason: fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/),
    record: printable(MAX_RECORD_NAME),
    recordRevision: anyCounter,
    again: printable(MAX_AGAIN_LENGTH),
    stages: anyStages,
  })
  .map((report) => (report.verdict === 'drop' ? report : { ...report, reason: '' }));

const anyTraceState: fc.Arbitrary<TraceState> = fc
  .record({
    kind: fc.constant('trace-state' as const),
    trace: anyPositive,
    isRefused: fc.boolean(),
    untoldMs: between(0, MAX_TRACE_UNTOLD_MS),
    leftOut: anyCounter,
    sampleBits: between(0, MAX_SAMPLE_BITS),
  })
  .map((state) => (state.isRefused ? { ...state, untoldMs: 0, leftOut: 0, sampleBits: 0 } : state));

export const anyItem: fc.Arbitrary<Item> = fc.oneof(
  anyPort,
  anyGone,
  anySubnet,
  anyHost,
  anyMapping,
  anyAgreement,
  anyAgreementGone,
  anyTrace,
  anyTraceGone,
);

/** As many items as one message takes. */
const anyItems = fc.array(anyItem, { maxLength: 80 }).map((items) => items.slice(0, fittingItems(items, 0)));

const anyRequest: fc.Arbitrary<Request> = fc.oneof(
  fc.record({
    kind: fc.constant('register'),
    host: anyName,
    boot: fc.stringMatching(/^[0-9a-f]{16}$/),
    agentVersion: fc.stringMatching(/^[0-9A-Za-z.+_-]{1,64}$/),
    frameworks: fc.array(anyFramework, { minLength: 1, maxLength: MAX_FRAMEWORKS }),
  }),
  fc.record({ kind: fc.constant('heartbeat') }),
  fc.record({ kind: fc.constant('sync'), cursor: printable(MAX_CURSOR_LENGTH) }),
  fc.record({ kind: fc.constant('lookup'), keys: fc.array(anyKey, { minLength: 1, maxLength: MAX_LOOKUP_KEYS }) }),
  fc.record({
    kind: fc.constant('report'),
    ports: fc.array(fc.record({ name: anyName, revision: anyCounter, state: fc.constantFrom(...PORT_STATES) }), {
      minLength: 1,
      maxLength: MAX_REPORT_PORTS,
    }),
  }),
  anyTraceReport,
  anyTraceState,
);

const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({
    kind: fc.constant('registered'),
    session: anyPositive,
    incarnation: fc.stringMatching(/^[0-9A-Za-z-]{1,64}$/),
    heartbeatMs: between(1, MAX_HEARTBEAT_MS),
  }),
  fc.record({ kind: fc.constant('heartbeat-ack') }),
  fc.record({ kind: fc.constant('sync-page'), items: anyItems, next: printable(MAX_CURSOR_LENGTH) }),
  fc.record({ kind: fc.constant('lookup-answer'), items: anyItems }),
  fc.record({ kind: fc.constant('report-ack') }),
  fc.record({ kind: fc.constant('trace-report-ack') }),
  fc.record({ kind: fc.constant('trace-state-ack') }),
  fc.record({
    kind: fc.constant('refused'),
    code: fc.constantFrom(...REFUSAL_CODES),
    reason: printable(MAX_REASON_LENGTH),
  }),
);

const anyPush: fc.Arbitrary<Body> = fc.oneof(
  fc.record({
    kind: fc.constant('push'),
    sequence: anyId,
    items: anyItems.filter((items) => items.length > 0),
  }),
  fc.record({ kind: fc.constant('push-ack'), sequence: anyCounter }),
);

/** Every valid message. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.tuple(anyId, anyPositive, fc.oneof(anyRequest, anyAnswer)).map(([id, session, body]) => {
    return { id, session: body.kind === 'register' || body.kind === 'registered' ? 0 : session, body };
  }),
  fc.record({ id: fc.constant(0), session: anyPositive, body: anyPush }),
);

/** An item of the size that most have. */
export function agreementGone(id: number): AgreementGoneItem {
  return { kind: 'agreement-gone', id, revision: 1 };
}

/** The largest item there is. */
export const LARGEST_ITEM: PortItem = {
  kind: 'port',
  name: 'n'.repeat(63),
  revision: MAX_COUNTER,
  gni: 2 ** 32 - 1,
  network: 'w'.repeat(63),
  subnet: { address: 0xffffffff, length: 32 },
  addresses: Array.from({ length: 16 }, () => 0xffffffff),
  mtu: 9000,
  labels: Array.from({ length: 8 }, () => 2 ** 20 - 1),
  device: 'd'.repeat(15),
  namespace: `/${'p'.repeat(200)}`,
};
