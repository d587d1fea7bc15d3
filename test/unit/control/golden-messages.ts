import type { Item, Message } from '../../../src/control/messages.ts';

interface GoldenMessage {
  readonly what: string;
  readonly message: Message;
  /** Hexadecimal. */
  readonly bytes: string;
}

const key = { gni: 1001, address: 0x0a010232 };

const items: readonly Item[] = [
  { kind: 'host', name: 'y', revision: 2, endpoint: { address: 0xc6120002, port: 7790 } },
  { kind: 'agreement', id: 5, revision: 300, sender: 'x', receiver: 'y', framework: 'udp/2.0' },
  { kind: 'mapping', key, revision: 301, host: 'y', validMs: 60000 },
];

const port: Item = {
  kind: 'port',
  name: 'a30',
  revision: 17,
  gni: 1001,
  network: 'a',
  subnet: { address: 0x0a010200, length: 24 },
  addresses: [0x0a01021e],
  mtu: 1400,
  labels: [100, 2 ** 20 - 1],
  device: 'tun0',
  namespace: 'guest-a30',
};

const gone: readonly Item[] = [
  { kind: 'port-gone', name: 'a30', revision: 18 },
  { kind: 'subnet', name: 'a-1', revision: 3, gni: 1001, network: 'a', prefix: { address: 0x0a010200, length: 24 } },
  { kind: 'subnet-gone', name: 'a-2', revision: 19 },
  { kind: 'host-gone', name: 'z', revision: 20 },
  { kind: 'mapping', key, revision: 302, host: undefined, validMs: 1000 },
  { kind: 'agreement-gone', id: 5, revision: 303 },
  {
    kind: 'trace',
    id: 6,
    gni: 1001,
    port: 'a30',
    source: 0x0a01021e,
    destination: 0x0a010232,
    protocol: 17,
    sourcePort: undefined,
    destinationPort: 53,
    validMs: 10_000,
  },
  { kind: 'trace-gone', id: 4 },
];

/** One message of each kind, items of each kind among them. */
export const GOLDEN_MESSAGES: readonly GoldenMessage[] = [
  {
    what: 'register',
    message: {
      id: 4294967297,
      session: 0,
      body: {
        kind: 'register',
        host: 'x',
        boot: '0123456789abcdef',
        agentVersion: '0.1.0',
        frameworks: ['udp/2.0', 'udp/1.0'],
      },
    },
    bytes:
      '088180808010522e0a01781210303132333435363738396162636465661a05302e312e3022077564702f322e3022077564702f312e30',
  },
  {
    what: 'registered',
    message: {
      id: 4294967297,
      session: 0,
      body: { kind: 'registered', session: 9, incarnation: 'c0ffee', heartbeatMs: 1000 },
    },
    bytes: '088180808010f2010d0809120663306666656518e807',
  },
  { what: 'heartbeat', message: { id: 7, session: 9, body: { kind: 'heartbeat' } }, bytes: '080710095a00' },
  { what: 'heartbeat-ack', message: { id: 7, session: 9, body: { kind: 'heartbeat-ack' } }, bytes: '08071009fa0100' },
  {
    what: 'sync',
    message: { id: 8, session: 9, body: { kind: 'sync', cursor: 'port/a30' } },
    bytes: '08081009620a0a08706f72742f613330',
  },
  {
    what: 'sync-page, with a port',
    message: { id: 8, session: 9, body: { kind: 'sync-page', items: [port], next: 'port/a50' } },
    bytes:
      '080810098202440a380a360a03613330101118e9072201612a070d0002010a101832041e02010a38f80a420464ffff3f4a0474756e30520967756573742d6133301208706f72742f613530',
  },
  {
    what: 'lookup',
    message: { id: 9, session: 9, body: { kind: 'lookup', keys: [key] } },
    bytes: '080910096a0a0a0808e907153202010a',
  },
  {
    what: 'lookup-answer, with host, agreement and mapping',
    message: { id: 9, session: 9, body: { kind: 'lookup-answer', items } },
    bytes:
      '080910098a02430a112a0f0a017910021a080d020012c610ee3c0a164214080510ac021a01782201792a077564702f322e300a163a140a0808e907153202010a10ad021a017920e0d403',
  },
  {
    what: 'report',
    message: {
      id: 10,
      session: 9,
      body: {
        kind: 'report',
        ports: [
          { name: 'a30', revision: 17, state: 'up' },
          { name: 'a50', revision: 4, state: 'lost' },
        ],
      },
    },
    bytes: '080a100972160a090a03613330101118010a090a0361353010041802',
  },
  { what: 'report-ack', message: { id: 10, session: 9, body: { kind: 'report-ack' } }, bytes: '080a1009920200' },
  {
    what: 'refused',
    message: { id: 11, session: 0, body: { kind: 'refused', code: 'in-use', reason: 'host x is registered' } },
    bytes: '080b8a031808061214686f737420782069732072656769737465726564',
  },
  {
    what: 'push, with the other items',
    message: { id: 0, session: 9, body: { kind: 'push', sequence: 1, items: gone } },
    bytes:
      '100992037d0801120912070a03613330101212181a160a03612d31100318e9072201612a070d0002010a1018120922070a03612d321013120732050a017a101412123a100a0808e907153202010a10ae0220e80712074a05080510af02121d521b080610e9071a03613330251e02010a2d3202010a3011403548904e12045a020804',
  },
  {
    what: 'trace-report',
    message: {
      id: 12,
      session: 9,
      body: {
        kind: 'trace-report',
        trace: 6,
        digest: '0123456789abcdef',
        timeUs: 1_795_000_000_123_456,
        seen: 3,
        sampleBits: 1,
        origin: 'x',
        verdict: 'drop',
        to: '',
        reason: 'no-such-port',
        record: 'port a50',
        recordRevision: 7,
        again: 'deliver',
        stages: [
          { name: 'parse', verdict: 'pass', detail: 'UDP' },
          { name: 'deliver', verdict: 'deliver', detail: 'into port a50' },
        ],
      },
    },
    bytes:
      '080c10097a75080612103031323334353637383961626364656618c0a4848bb09198032003280132017838064a0c6e6f2d737563682d706f72745208706f7274206135305807620764656c697665726a0e0a05706172736510011a035544506a1a0a0764656c6976657210021a0d696e746f20706f727420613530',
  },
  {
    what: 'trace-report-ack',
    message: { id: 12, session: 9, body: { kind: 'trace-report-ack' } },
    bytes: '080c10099a0200',
  },
  {
    what: 'trace-state',
    message: {
      id: 13,
      session: 9,
      body: { kind: 'trace-state', trace: 6, isRefused: false, untoldMs: 20, leftOut: 300, sampleBits: 2 },
    },
    bytes: '080d10098201090806181420ac022802',
  },
  {
    what: 'trace-state-ack',
    message: { id: 13, session: 9, body: { kind: 'trace-state-ack' } },
    bytes: '080d1009a20200',
  },
  {
    what: 'push-ack',
    message: { id: 0, session: 9, body: { kind: 'push-ack', sequence: 1 } },
    bytes: '10099a03020801',
  },
];
