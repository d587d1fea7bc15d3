/**
 * What agents and the mapping daemon say to each other, as plain values. `codec.ts` turns them into
 * bytes and back; `../../proto/control.proto` is the format.
 *
 * Agents ask: `register`, `heartbeat`, `sync`, `lookup`, `report`, `trace-report`, `trace-state`. The daemon answers each
 * with the same id, and pushes items on its own. Items are idempotent: each says what is so, all but traces at a revision.
 */
import type { Endpoint, Prefix } from '../base/ipv4.ts';
import type {
  TraceGoneItem,
  TraceItem,
  TraceReport,
  TraceReportAck,
  TraceState,
  TraceStateAck,
} from './trace-messages.ts';

/** Bytes of one datagram, session layer included. */
export const MAX_MESSAGE_BYTES = 1200;
/** Bytes of a datagram that are the session layer's: more than it takes, so that sealing changes no paging. */
export const SESSION_LAYER_BYTES = 48;
/** Items of one message, however small they are. */
export const MAX_ITEMS = 64;
/** Keys of one look-up. */
export const MAX_LOOKUP_KEYS = 32;
/** Ports of one report. */
export const MAX_REPORT_PORTS = 8;
/** Framework versions of one registration. */
export const MAX_FRAMEWORKS = 16;
/** Characters of a cursor of `sync`: printable ASCII. */
export const MAX_CURSOR_LENGTH = 128;
/** Characters of the reason of a refusal: printable ASCII. Encoding cuts a longer one. */
export const MAX_REASON_LENGTH = 400;
/** The longest time for which a mapping may be used without asking again, milliseconds. */
export const MAX_VALID_MS = 24 * 60 * 60 * 1000;
/** The longest time between heartbeats, milliseconds. */
export const MAX_HEARTBEAT_MS = 10 * 60 * 1000;
/** Ids, sequences and revisions stay below it: JavaScript's numbers are exact up to here. */
export const MAX_COUNTER = Number.MAX_SAFE_INTEGER;

/** (GNI, guest address): what a mapping is found by. */
export interface MappingKey {
  readonly gni: number;
  readonly address: number;
}

/** A port that the receiving host shall own. */
export interface PortItem {
  readonly kind: 'port';
  readonly name: string;
  readonly revision: number;
  readonly gni: number;
  readonly network: string;
  readonly subnet: Prefix;
  readonly addresses: readonly number[];
  readonly mtu: number;
  readonly labels: readonly number[];
  readonly device: string;
  readonly namespace: string | undefined;
}

export interface PortGoneItem {
  readonly kind: 'port-gone';
  readonly name: string;
  readonly revision: number;
}

/** A prefix of a network of which the receiving host owns ports. */
export interface SubnetItem {
  readonly kind: 'subnet';
  readonly name: string;
  readonly revision: number;
  readonly gni: number;
  readonly network: string;
  readonly prefix: Prefix;
}

export interface SubnetGoneItem {
  readonly kind: 'subnet-gone';
  readonly name: string;
  readonly revision: number;
}

/** Where a peer host receives. Sent before anything that names the host. */
export interface HostItem {
  readonly kind: 'host';
  readonly name: string;
  readonly revision: number;
  readonly endpoint: Endpoint;
}

export interface HostGoneItem {
  readonly kind: 'host-gone';
  readonly name: string;
  readonly revision: number;
}

/** Which host holds a guest address; `host` undefined says that none does (a negative answer). */
export interface MappingItem {
  readonly kind: 'mapping';
  readonly key: MappingKey;
  readonly revision: number;
  readonly host: string | undefined;
  /** How long it may be used before it is asked again, milliseconds. */
  readonly validMs: number;
}

/**
 * What was selected for one direction of a pair of hosts. The receiver accepts it from then on; the
 * sender uses the one of highest revision.
 */
export interface AgreementItem {
  readonly kind: 'agreement';
  /** 1 to 2^24 - 1. */
  readonly id: number;
  readonly revision: number;
  readonly sender: string;
  readonly receiver: string;
  /** `family/major.minor`. */
  readonly framework: string;
}

export interface AgreementGoneItem {
  readonly kind: 'agreement-gone';
  readonly id: number;
  readonly revision: number;
}

export type Item =
  | PortItem
  | PortGoneItem
  | SubnetItem
  | SubnetGoneItem
  | HostItem
  | HostGoneItem
  | MappingItem
  | AgreementItem
  | AgreementGoneItem
  | TraceItem
  | TraceGoneItem;

/** The first message of an agent's life or after the daemon forgot it. Needs no session. */
export interface Register {
  readonly kind: 'register';
  readonly host: string;
  /** Random per start of the agent, 16 hexadecimal digits. */
  readonly boot: string;
  /** With what the agent knows beyond the first release, see `features.ts`. */
  readonly agentVersion: string;
  /** Framework versions that the host speaks, best family first: `udp/2.0`, `udp/1.0`. */
  readonly frameworks: readonly string[];
}

export interface Registered {
  readonly kind: 'registered';
  readonly session: number;
  /** The store's incarnation: revisions of different incarnations do not compare. */
  readonly incarnation: string;
  readonly heartbeatMs: number;
}

export interface Heartbeat {
  readonly kind: 'heartbeat';
}

export interface HeartbeatAck {
  readonly kind: 'heartbeat-ack';
}

/** Asks for everything the host must know: its ports, subnets, peers, agreements; a page at a time. */
export interface Sync {
  readonly kind: 'sync';
  /** Empty for the first page, else the `next` of the page before. */
  readonly cursor: string;
}

export interface SyncPage {
  readonly kind: 'sync-page';
  readonly items: readonly Item[];
  /** Empty on the last page. What no page of a complete sync named is gone. */
  readonly next: string;
}

export interface Lookup {
  readonly kind: 'lookup';
  readonly keys: readonly MappingKey[];
}

/**
 * Each mapping after the host and the agreements that it needs; a key whose mapping is not in it (the
 * answer was full) has to be asked again.
 */
export interface LookupAnswer {
  readonly kind: 'lookup-answer';
  readonly items: readonly Item[];
}

/** In the order of their numbers in the format, from 1. */
export const PORT_STATES = ['up', 'lost', 'removed'] as const;
export type PortState = (typeof PORT_STATES)[number];

/** What became of ports at the revision of their item. */
export interface Report {
  readonly kind: 'report';
  readonly ports: readonly { readonly name: string; readonly revision: number; readonly state: PortState }[];
}

export interface ReportAck {
  readonly kind: 'report-ack';
}

/** Items that changed; `sequence` counts from 1 in each session. */
export interface Push {
  readonly kind: 'push';
  readonly sequence: number;
  readonly items: readonly Item[];
}

/** Everything up to and including `sequence` is applied. */
export interface PushAck {
  readonly kind: 'push-ack';
  readonly sequence: number;
}

/** In the order of their numbers in the format, from 1. */
export const REFUSAL_CODES = [
  'unknown-session',
  'unknown-host',
  'no-common-framework',
  'invalid',
  'busy',
  'in-use',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export interface Refused {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** What, where, why and what to do; for logs. */
  readonly reason: string;
}

export type Request = Register | Heartbeat | Sync | Lookup | Report | TraceReport | TraceState;
export type Answer =
  | Registered
  | HeartbeatAck
  | SyncPage
  | LookupAnswer
  | ReportAck
  | TraceReportAck
  | TraceStateAck
  | Refused;
export type Body = Request | Answer | Push | PushAck;

export interface Message {
  /** Chosen by who asks, unique in its session, and repeated in the answer; 0 for pushes and their acks. */
  readonly id: number;
  /** 0 in `register` and its answer, never 0 in what is neither these nor a refusal. */
  readonly session: number;
  readonly body: Body;
}
