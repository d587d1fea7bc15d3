/** One document of each schema, all in one place, as `docs/json.md` shows them. */
import type {
  AdminDocument,
  AgentStatusDocument,
  AgreementsDocument,
  ApplyDocument,
  DeleteDocument,
  DropsDocument,
  ErrorDocument,
  ExplainDocument,
  FlowsDocument,
  MapperStatusDocument,
  PortsDocument,
  RecordsDocument,
} from '../../../src/admin/documents.ts';
import type { EventDocument, EventsDocument } from '../../../src/admin/event-documents.ts';
import type { ConfigCheckDocument } from '../../../src/config/config-document.ts';
import type { BugreportDocument } from '../../../src/cli/bugreport/bugreport-document.ts';
import type { LabDocument } from '../../../src/lab/lab-document.ts';

export const MAPPER_STATUS: MapperStatusDocument = {
  schema: 'netweft.mapper-status/v1',
  version: '0.1.0',
  listen: '0.0.0.0:7791',
  incarnation: '5b1f0c3e9a7d4420',
  revision: 42,
  uptimeMs: 8_040_000,
  records: { tenant: 2, network: 2, subnet: 2, host: 3, guest: 6, port: 6 },
  hosts: [
    {
      name: 'x',
      underlay: '198.18.0.1:7790',
      state: 'up',
      agentVersion: '0.1.0',
      frameworks: ['udp/2.0', 'udp/1.0'],
      endpoint: '198.18.0.1:7791',
      lastHeardMs: 420,
      pendingPushes: 0,
      subscriptions: 3,
      ports: { total: 2, up: 2 },
    },
    {
      name: 'y',
      underlay: '198.18.0.2:7790',
      state: 'absent',
      frameworks: [],
      pendingPushes: 0,
      subscriptions: 0,
      ports: { total: 2, up: 0 },
    },
  ],
  agreements: 2,
};

export const AGENT_STATUS: AgentStatusDocument = {
  schema: 'netweft.agent-status/v1',
  host: 'x',
  version: '0.1.0',
  boot: '0123456789abcdef',
  mapper: {
    endpoint: '198.18.0.254:7791',
    state: 'registered',
    session: 12,
    incarnation: '5b1f0c3e9a7d4420',
    lastHeardMs: 420,
  },
  underlay: '198.18.0.1:7790',
  frameworks: ['udp/2.0', 'udp/1.0'],
  fastPath: { name: 'reference', flows: 12, capacity: 65536, pending: 0 },
  ports: { up: 2 },
  mappings: 4,
  agreements: 4,
  counters: { flowHits: 1190, decisions: 14, controlDatagramsBad: 0 },
  io: { guestPacketsIn: 1204, underlayPacketsOut: 1188, inRingFull: 0 },
  uptimeMs: 62_500,
};

export const PORTS: PortsDocument = {
  schema: 'netweft.ports/v1',
  ports: [
    {
      name: 'a30',
      index: 0,
      device: 'tun0',
      namespace: 'weft-a30',
      gni: 1001,
      network: 'a-net',
      addresses: ['10.1.2.30'],
      mtu: 1400,
      state: 'up',
      revision: 17,
      flows: 8,
      counters: { packetsIn: 640, packetsOut: 612 },
    },
    {
      name: 'b30',
      index: 1,
      device: 'tun1',
      gni: 2002,
      network: 'b-net',
      addresses: ['10.1.2.30', '10.1.2.31'],
      mtu: 1400,
      state: 'lost',
      trouble: 'its device was taken away: deleted',
      revision: 18,
      flows: 0,
      counters: {},
    },
  ],
};

export const FLOWS: FlowsDocument = {
  schema: 'netweft.flows/v1',
  total: 3,
  shown: 2,
  flows: [
    {
      ingress: 'a30',
      source: '10.1.2.30',
      destination: '10.1.2.50',
      protocol: 6,
      sourcePort: 40000,
      destinationPort: 443,
      outcome: 'send',
      to: 'y',
      packets: 1200,
      bytes: 1_680_000,
      idleMs: 120,
      agreement: 7,
      framework: 'udp/2.0',
    },
    {
      ingress: 'b30',
      source: '10.1.2.99',
      destination: '10.1.2.50',
      protocol: 1,
      outcome: 'drop',
      reason: 'spoofed-source',
      packets: 3,
      bytes: 252,
      idleMs: 75_000,
    },
  ],
};

export const DROPS: DropsDocument = {
  schema: 'netweft.drops/v1',
  reasons: [
    { reason: 'too-short', meaning: 'shorter than an IPv4 header', packets: 0 },
    { reason: 'spoofed-source', meaning: 'a guest sent from an address that its port does not have', packets: 3 },
  ],
};

export const EXPLAIN: ExplainDocument = {
  schema: 'netweft.explain/v1',
  outcome: 'send',
  stages: [
    { stage: 'parse', verdict: 'pass', detail: 'IPv4, 28 bytes' },
    { stage: 'source-check', verdict: 'pass', detail: '10.1.2.30 belongs to a30' },
    { stage: 'mapping', verdict: 'pass', detail: '10.1.2.50 lives on y' },
    { stage: 'encapsulate', verdict: 'send', detail: 'udp/2.0, 12 bytes of header body' },
  ],
  agreement: { id: 7, framework: 'udp/2.0', sender: 'x', receiver: 'y' },
  to: 'y at 198.18.0.2:7790',
  cacheable: true,
  validForMs: 30_000,
  reads: [
    'network a-net',
    'port a30',
    'subnet a-subnet 10.1.2.0/24',
    'host y',
    'agreement 7 x to y',
    'mapping 1001/10.1.2.50',
  ],
};

export const EXPLAIN_DROP: ExplainDocument = {
  schema: 'netweft.explain/v1',
  outcome: 'drop',
  reason: 'spoofed-source',
  meaning: 'a guest sent from an address that its port does not have',
  stages: [
    { stage: 'parse', verdict: 'pass', detail: 'IPv4, 28 bytes' },
    { stage: 'source-check', verdict: 'drop', detail: '10.1.2.99 is not of a30: 10.1.2.30' },
  ],
  cacheable: true,
  reads: ['network a-net', 'port a30'],
};

export const EXPLAIN_HOLD: ExplainDocument = {
  schema: 'netweft.explain/v1',
  outcome: 'hold',
  stages: [{ stage: 'mapping', verdict: 'hold', detail: '10.1.2.50 is being asked for' }],
  cacheable: false,
  reads: [],
};

export const RECORDS: RecordsDocument = {
  schema: 'netweft.records/v1',
  kind: 'port',
  revision: 42,
  records: [
    {
      kind: 'port',
      name: 'a30',
      revision: 17,
      state: 'up',
      spec: {
        name: 'a30',
        guest: 'a-guest-30',
        subnet: 'a-subnet',
        addresses: ['10.1.2.30'],
        host: 'x',
        device: 'tun0',
        namespace: 'weft-a30',
      },
    },
  ],
};

export const APPLY: ApplyDocument = {
  schema: 'netweft.apply/v1',
  revision: 43,
  results: [
    { kind: 'tenant', name: 'a', change: 'created' },
    { kind: 'network', name: 'a-net', change: 'unchanged' },
  ],
};

export const DELETE: DeleteDocument = { schema: 'netweft.delete/v1', kind: 'port', name: 'a30', revision: 44 };

export const AGREEMENTS: AgreementsDocument = {
  schema: 'netweft.agreements/v1',
  agreements: [
    { id: 7, sender: 'x', receiver: 'y', framework: 'udp/2.0', revision: 31 },
    { id: 8, sender: 'y', receiver: 'x', framework: 'udp/2.0', revision: 31 },
  ],
};

export const ERROR: ErrorDocument = {
  schema: 'netweft.error/v1',
  error: {
    code: 'conflict',
    message: 'guest/a-guest-30 is used by port/a30',
    hint: 'delete the port first',
  },
};

export const LAB: LabDocument = {
  schema: 'netweft.lab/v1',
  name: 'two-tenants',
  file: '/srv/clouds/two-tenants.yaml',
  bridge: 'weft-two-tenants-bridge',
  daemons: [
    {
      name: 'mapper',
      state: 'running',
      underlay: '198.18.0.2:7791',
      namespace: 'weft-two-tenants-mapper',
      socket: '/run/netweft/lab/two-tenants/mapper.sock',
      log: '/run/netweft/lab/two-tenants/mapper.log',
    },
    {
      name: 'x',
      state: 'ended',
      underlay: '198.18.0.11:7790',
      namespace: 'weft-two-tenants-x',
      socket: '/run/netweft/lab/two-tenants/x.sock',
      log: '/run/netweft/lab/two-tenants/x.log',
    },
  ],
  guests: [
    {
      port: 'a30',
      guest: 'a-guest-30',
      tenant: 'a',
      host: 'x',
      namespace: 'a30',
      device: 'weft0',
      addresses: ['10.1.2.30'],
    },
  ],
};

export const EVENT: EventDocument = {
  schema: 'netweft.event/v1',
  sequence: 118,
  time: '2026-11-20T10:00:00.123Z',
  daemon: 'agent',
  host: 'x',
  event: 'port-lost',
  port: 'a30',
  device: 'tun0',
  cause: 'deleted',
};

export const EVENTS: EventsDocument = {
  schema: 'netweft.events/v1',
  daemon: 'agent',
  sequence: 118,
  forgotten: 0,
  events: [EVENT],
};

const CONFIG_CHECK: ConfigCheckDocument = {
  schema: 'netweft.config-check/v1',
  daemon: 'mapper',
  file: '/etc/netweft/mapper.yaml',
  settings: [
    {
      key: 'listen',
      value: '198.18.0.254:7791',
      source: 'file',
      line: 2,
      column: 1,
      required: false,
      reloadable: false,
    },
    {
      key: 'database',
      value: '/var/lib/netweft/mapper.db',
      source: 'default',
      required: false,
      reloadable: false,
    },
    {
      key: 'metrics',
      source: 'none',
      required: false,
      reloadable: false,
    },
    {
      key: 'log.level',
      value: 'debug',
      source: 'file',
      line: 4,
      column: 3,
      required: false,
      reloadable: true,
    },
  ],
};

const BUGREPORT: BugreportDocument = {
  schema: 'netweft.bugreport/v1',
  time: '2026-11-20T10:00:00Z',
  version: '0.1.0',
  file: 'weft-bugreport-x-20261120T100000Z.tar.gz',
  bytes: 18_204,
  redactedAddresses: false,
  items: [
    { name: 'weft.json', asked: 'this program, and which variables are set', tookMs: 2, bytes: 318 },
    {
      name: 'daemon-1/records-port.json',
      asked: 'GET /v1/records/port of /run/netweft/mapper.sock',
      tookMs: 94,
      bytes: 2_097_187,
      cut: true,
    },
    {
      name: 'daemon-2/status.json',
      asked: 'GET /v1/status of /run/netweft/agent.sock',
      tookMs: 1,
      bytes: 0,
      failure: 'no daemon answers on /run/netweft/agent.sock: ENOENT',
    },
  ],
};

/** In the order in which the manual shows them. */
export const SAMPLES: readonly (
  | AdminDocument
  | BugreportDocument
  | ConfigCheckDocument
  | ErrorDocument
  | LabDocument
)[] = [
  MAPPER_STATUS,
  APPLY,
  RECORDS,
  DELETE,
  AGREEMENTS,
  AGENT_STATUS,
  PORTS,
  FLOWS,
  DROPS,
  EXPLAIN,
  EVENTS,
  LAB,
  CONFIG_CHECK,
  BUGREPORT,
  ERROR,
];
