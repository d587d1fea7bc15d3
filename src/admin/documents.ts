/**
 * The JSON documents of the admin sockets, which `--json` prints as they are. A field is added
 * without a new version; one that changes its meaning or goes makes the document's version `v2`.
 */
import type { UserErrorCode } from '../base/errors.ts';
import type { CloudRecord, Kind } from '../model/records.ts';
import type { EventsDocument } from './event-documents.ts';

/** Any refusal. `internal` is a fault of the daemon; its log tells more. */
export interface ErrorDocument {
  readonly schema: 'netweft.error/v1';
  readonly error: {
    readonly code: UserErrorCode | 'internal';
    readonly message: string;
    readonly hint?: string;
  };
}

// ---- The mapping daemon

/** GET /v1/status of the mapping daemon. */
export interface MapperStatusDocument {
  readonly schema: 'netweft.mapper-status/v1';
  readonly version: string;
  /** Where agents reach it, `address:port`. */
  readonly listen: string;
  /** Names this life of the store's content. */
  readonly incarnation: string;
  readonly revision: number;
  readonly uptimeMs: number;
  /** How many records there are of each kind. */
  readonly records: { readonly [K in Kind]: number };
  readonly hosts: readonly HostStatus[];
  readonly agreements: number;
  /** Since the start, by name. */
  readonly counters?: { readonly [counter: string]: number };
}

export interface HostStatus {
  readonly name: string;
  readonly underlay: string;
  /** `absent`: has never registered; `silent`: its heartbeats stopped. */
  readonly state: 'up' | 'silent' | 'absent';
  readonly agentVersion?: string;
  readonly frameworks: readonly string[];
  /** Where its agent speaks from, `address:port`. */
  readonly endpoint?: string;
  readonly lastHeardMs?: number;
  /** Items that it has not acknowledged, and mappings of which it hears changes. */
  readonly pendingPushes?: number;
  readonly subscriptions?: number;
  /** Ports recorded for the host, and how many of them it reported up. */
  readonly ports: { readonly total: number; readonly up: number };
}

/** POST /v1/apply takes this. */
export interface ApplyRequest {
  readonly records: readonly CloudRecord[];
}

/** What POST /v1/apply did, in the order of the request. */
export interface ApplyDocument {
  readonly schema: 'netweft.apply/v1';
  readonly revision: number;
  readonly results: readonly ApplyResult[];
}

export interface ApplyResult {
  readonly kind: Kind;
  readonly name: string;
  readonly change: 'created' | 'changed' | 'unchanged';
}

/** GET /v1/records/:kind (all, by name) and /v1/records/:kind/:name (one; `not-found` if there is none). */
export interface RecordsDocument {
  readonly schema: 'netweft.records/v1';
  readonly kind: Kind;
  readonly revision: number;
  readonly records: readonly RecordEntry[];
}

export interface RecordEntry {
  readonly kind: Kind;
  readonly name: string;
  /** The store's revision that last wrote it. */
  readonly revision: number;
  /** Only of ports and hosts: what the cloud last heard of it (`up`, `lost`, `pending`, `silent`, ...). */
  readonly state?: string;
  readonly spec: CloudRecord['spec'];
}

/** DELETE /v1/records/:kind/:name. */
export interface DeleteDocument {
  readonly schema: 'netweft.delete/v1';
  readonly kind: Kind;
  readonly name: string;
  readonly revision: number;
}

/** GET /v1/agreements. */
export interface AgreementsDocument {
  readonly schema: 'netweft.agreements/v1';
  readonly agreements: readonly AgreementEntry[];
}

export interface AgreementEntry {
  readonly id: number;
  /** The host that sends, and the one that receives, under it. */
  readonly sender: string;
  readonly receiver: string;
  readonly framework: string;
  readonly revision: number;
}

// ---- The agent

/** GET /v1/status of an agent. */
export interface AgentStatusDocument {
  readonly schema: 'netweft.agent-status/v1';
  readonly host: string;
  readonly version: string;
  /** Random per start of the agent, 16 hexadecimal digits. */
  readonly boot: string;
  readonly mapper: {
    readonly endpoint: string;
    /** `registered`, or what the agent is doing to become so. */
    readonly state: string;
    /** Why the last registration was refused, until one is not. */
    readonly refused?: string;
    readonly session: number;
    /** Empty before the first registration. */
    readonly incarnation: string;
    readonly lastHeardMs?: number;
  };
  readonly underlay: string;
  readonly frameworks: readonly string[];
  readonly fastPath: {
    readonly name: string;
    readonly flows: number;
    readonly capacity: number;
    /** Flows that wait for their decision. */
    readonly pending: number;
  };
  /** Ports by state. */
  readonly ports: { readonly [state: string]: number };
  readonly mappings: number;
  readonly agreements: number;
  /** What the agent decided, asked and was told, since the start, by name. */
  readonly counters: { readonly [counter: string]: number };
  /** Counters of packet input and output since the start, by name. */
  readonly io: { readonly [counter: string]: number };
  readonly uptimeMs: number;
}

/** GET /v1/ports. */
export interface PortsDocument {
  readonly schema: 'netweft.ports/v1';
  readonly ports: readonly PortEntry[];
}

export interface PortEntry {
  readonly name: string;
  readonly index: number;
  readonly device: string;
  readonly namespace?: string;
  readonly gni: number;
  readonly network: string;
  readonly addresses: readonly string[];
  readonly mtu: number;
  readonly state: string;
  /** Why it is not up. */
  readonly trouble?: string;
  readonly revision: number;
  /** Flow entries charged to the port. */
  readonly flows: number;
  /** Since the device was made, by name. */
  readonly counters: { readonly [counter: string]: number };
}

/** GET /v1/flows?limit=N, the most recently used first. */
export interface FlowsDocument {
  readonly schema: 'netweft.flows/v1';
  readonly total: number;
  readonly shown: number;
  readonly flows: readonly FlowEntry[];
}

export interface FlowEntry {
  /** The port's name, or `host NAME` for packets of another host. */
  readonly ingress: string;
  readonly source: string;
  readonly destination: string;
  /** The IP protocol's number. */
  readonly protocol: number;
  /** Absent for protocols without ports. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly outcome: Outcome;
  /** A port's name, or a host's name, where the packets go. */
  readonly to?: string;
  /** Why they are dropped. */
  readonly reason?: string;
  readonly packets: number;
  readonly bytes: number;
  readonly idleMs: number;
  readonly agreement?: number;
  readonly framework?: string;
}

/** What can happen to a packet: to a local port, to a host, back to its sender, waiting for a mapping, dropped. */
export type Outcome = 'deliver' | 'send' | 'reply' | 'hold' | 'drop';

/** GET /v1/drops: every reason of the closed list, those never counted included. */
export interface DropsDocument {
  readonly schema: 'netweft.drops/v1';
  readonly reasons: readonly { readonly reason: string; readonly meaning: string; readonly packets: number }[];
}

/**
 * POST /v1/explain takes a packet of a guest (`port`) or a datagram of a host (`from` and `header`).
 * Nothing is sent and nothing is counted.
 */
export interface ExplainRequest {
  /** A port's name. */
  readonly port?: string;
  /** The sending host's endpoint on the underlay, `address:port`. */
  readonly from?: string;
  /** Envelope and header body, hexadecimal; what is no envelope of ours, whole. */
  readonly header?: string;
  /** The datagram's outer TOS byte; 0 unless given. */
  readonly tos?: number;
  /** The guest's IP packet, hexadecimal. */
  readonly packet: string;
}

export interface ExplainDocument {
  readonly schema: 'netweft.explain/v1';
  readonly outcome: Outcome;
  /** Of a drop: which, from the closed list, and what it means. */
  readonly reason?: string;
  readonly meaning?: string;
  readonly stages: readonly ExplainStage[];
  readonly agreement?: {
    readonly id: number;
    readonly framework: string;
    readonly sender: string;
    readonly receiver: string;
  };
  /** A port's name, or a host with its endpoint, where the packet goes. */
  readonly to?: string;
  /** Whether the flow table may repeat the decision, and for how long. */
  readonly cacheable: boolean;
  readonly validForMs?: number;
  /** The state keys that the decision depends on. */
  readonly reads: readonly string[];
}

export interface ExplainStage {
  readonly stage: string;
  /** `pass`, or the outcome that ended the pipeline. */
  readonly verdict: string;
  /** What the stage saw. */
  readonly detail: string;
}

/** Every document that an admin socket answers with. */
export type AdminDocument =
  | MapperStatusDocument
  | ApplyDocument
  | RecordsDocument
  | DeleteDocument
  | AgreementsDocument
  | AgentStatusDocument
  | PortsDocument
  | FlowsDocument
  | DropsDocument
  | ExplainDocument
  | EventsDocument;
