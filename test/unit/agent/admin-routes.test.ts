import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import type {
  AgentStatusDocument,
  DropsDocument,
  ExplainDocument,
  FlowsDocument,
  PortsDocument,
} from '../../../src/admin/documents.ts';
import { Streams } from '../../../src/admin/stream-server.ts';
import { agentRoutes } from '../../../src/agent/admin-routes.ts';
import { EventJournal } from '../../../src/events/event-journal.ts';
import { DROP_REASON_NAMES } from '../../../src/pipeline/drop-reasons.ts';
import { openAgent, openReadyAgent, portItem, udpPacket } from '../../kit/agent-bench.ts';
import { address, GNI_A, header, mappingItem } from '../../kit/cloud-of-one.ts';

type Opened = ReturnType<typeof openAgent>;

interface Documents {
  '/v1/status': AgentStatusDocument;
  '/v1/ports': PortsDocument;
  '/v1/flows': FlowsDocument;
  '/v1/drops': DropsDocument;
}

/** What a client reads: the JSON of the answer. */
async function get<Path extends keyof Documents>(
  { agent, clock }: Opened,
  path: Path,
  query: Record<string, string> = {},
) {
  const app = Fastify();
  agentRoutes(agent, 0, new EventJournal({ clock, daemon: 'agent' }))(app, new Streams());
  const response = await app.inject({ method: 'GET', url: path, query });
  await app.close();
  return { status: response.statusCode, document: response.json<Documents[Path]>() };
}

async function postExplain({ agent, clock }: Opened, payload: object) {
  const app = Fastify();
  agentRoutes(agent, 0, new EventJournal({ clock, daemon: 'agent' }))(app, new Streams());
  const response = await app.inject({ method: 'POST', url: '/v1/explain', payload });
  await app.close();
  return { status: response.statusCode, document: response.json<ExplainDocument>() };
}

/** The guest has flows to hosts y (sent), to nobody (dropped) and one that waits; host y has one to the guest. */
async function openWithFlows(): Promise<Opened> {
  const opened = await openReadyAgent();
  const { mappings, guestSends, hostSends, clock } = opened;
  mappings.push(mappingItem(GNI_A, '10.1.2.50', 'y', 8), mappingItem(GNI_A, '10.1.2.98', undefined, 8));
  await guestSends(udpPacket('10.1.2.30', '10.1.2.98'));
  await guestSends(udpPacket('10.1.2.30', '10.1.2.99'));
  const body = { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [] };
  hostSends('198.18.0.12', Uint8Array.from([...header('udp/2.0', body), ...udpPacket('10.1.2.50', '10.1.2.30', 9)]));
  await clock.run(10);
  await guestSends(udpPacket('10.1.2.30', '10.1.2.50'));
  await guestSends(udpPacket('10.1.2.30', '10.1.2.50'));
  return opened;
}

describe('the status', () => {
  it('says who the agent is, what it knows and what it does', async () => {
    const { document } = await get(await openWithFlows(), '/v1/status');
    expect(document).toEqual({
      schema: 'netweft.agent-status/v1',
      host: 'x',
      version: '0.1.0',
      boot: '00112233aabbccdd',
      mapper: {
        endpoint: '198.18.0.2:7791',
        state: 'registered',
        session: 41,
        incarnation: '0123456789abcdef',
        lastHeardMs: expect.any(Number),
      },
      underlay: '198.18.0.11:7790',
      frameworks: ['udp/2.0', 'udp/1.0'],
      fastPath: { name: 'reference', flows: 4, capacity: 64, pending: 1 },
      ports: { up: 1 },
      mappings: 2,
      agreements: 4,
      counters: expect.objectContaining({ flowHits: 4, controlDatagramsBad: 0, registrations: 1 }),
      io: expect.objectContaining({ wakeups: 0 }),
      uptimeMs: expect.any(Number),
    } satisfies AgentStatusDocument);
  });

  it('says that the mapping daemon is silent, and how long', async () => {
    const opened = await openReadyAgent();
    opened.daemon.isThere = false;
    await opened.clock.run(5000);
    const { document } = await get(opened, '/v1/status');
    expect(document.mapper.state).toBe('silent');
    expect(document.mapper.lastHeardMs).toBeGreaterThan(3000);
    expect(document.uptimeMs).toBe(5050);
  });

  it('can be asked before anything is known', async () => {
    const { document } = await get(openAgent(), '/v1/status');
    expect(document).toMatchObject({ underlay: '', ports: {}, mapper: { state: 'registering', incarnation: '' } });
    expect(document.mapper).not.toHaveProperty('lastHeardMs');
  });
});

describe('the ports', () => {
  it('are listed by name, with what each is and counts', async () => {
    const opened = await openWithFlows();
    const other = { revision: 9, namespace: undefined, addresses: [address('10.1.2.31'), address('10.1.2.32')] };
    opened.daemon.push(1, [portItem({ ...other, name: 'a0', device: 'never-up' })]);
    await opened.clock.run(10);
    const { document } = await get(opened, '/v1/ports');
    expect(document).toEqual({
      schema: 'netweft.ports/v1',
      ports: [
        {
          name: 'a0',
          index: 1,
          device: 'never-up',
          gni: GNI_A,
          network: 'a-net',
          addresses: ['10.1.2.31', '10.1.2.32'],
          mtu: 1400,
          state: 'opening',
          revision: 9,
          flows: 0,
          counters: { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0, dropped: 0 },
        },
        {
          name: 'a30',
          index: 0,
          device: 'tun0',
          namespace: 'guest-a30',
          gni: GNI_A,
          network: 'a-net',
          addresses: ['10.1.2.30'],
          mtu: 1400,
          state: 'up',
          revision: 7,
          flows: 3,
          counters: { packetsIn: 4, bytesIn: 128, packetsOut: 1, bytesOut: 32, dropped: 1 },
        },
      ],
    } satisfies PortsDocument);
  });

  it('that are not up say why', async () => {
    const opened = await openReadyAgent();
    opened.agent.ports.lost(0, 'renamed');
    const { document } = await get(opened, '/v1/ports');
    expect(document.ports).toMatchObject([{ state: 'lost', trouble: 'its device was taken away: renamed' }]);
  });
});

describe('the flows', () => {
  it('are listed, the latest first, with what happens to each', async () => {
    const { document } = await get(await openWithFlows(), '/v1/flows');
    expect(document).toMatchObject({ schema: 'netweft.flows/v1', total: 4, shown: 4 });
    const udp = { protocol: 17, destinationPort: 2000 };
    expect(document.flows).toEqual([
      {
        ...udp,
        ingress: 'a30',
        source: '10.1.2.30',
        destination: '10.1.2.50',
        sourcePort: 1000,
        outcome: 'send',
        to: 'y',
        packets: 2,
        bytes: 64,
        idleMs: 10,
        agreement: 1,
        framework: 'udp/2.0',
      },
      {
        ...udp,
        ingress: 'host y',
        source: '10.1.2.50',
        destination: '10.1.2.30',
        sourcePort: 9,
        outcome: 'deliver',
        to: 'a30',
        packets: 1,
        bytes: 32,
        idleMs: expect.any(Number),
        agreement: 2,
        framework: 'udp/2.0',
      },
      {
        ...udp,
        ingress: 'a30',
        source: '10.1.2.30',
        destination: '10.1.2.99',
        sourcePort: 1000,
        outcome: 'hold',
        packets: 0,
        bytes: 0,
        idleMs: expect.any(Number),
      },
      {
        ...udp,
        ingress: 'a30',
        source: '10.1.2.30',
        destination: '10.1.2.98',
        sourcePort: 1000,
        outcome: 'drop',
        reason: 'no-such-guest',
        packets: 1,
        bytes: 32,
        idleMs: expect.any(Number),
      },
    ] satisfies FlowsDocument['flows']);
  });

  it('are as many as asked for', async () => {
    const opened = await openWithFlows();
    const { document } = await get(opened, '/v1/flows', { limit: '1' });
    expect(document).toMatchObject({ total: 4, shown: 1, flows: [{ destination: '10.1.2.50' }] });
    expect((await get(opened, '/v1/flows', { limit: '10000' })).status).toBe(200);
  });

  it.each(['0', '-1', '10001', '1.5', 'all', '', '1e9'])('are refused for a limit of %j', async (limit) => {
    expect((await get(openAgent(), '/v1/flows', { limit })).status).toBe(400);
  });
});

it('the drops are the closed list, each explained and counted', async () => {
  const { document } = await get(await openWithFlows(), '/v1/drops');
  expect(document.schema).toBe('netweft.drops/v1');
  expect(document.reasons.map(({ reason }) => reason)).toEqual(DROP_REASON_NAMES);
  for (const { meaning } of document.reasons) expect(meaning).not.toBe('');
  const counted = document.reasons.filter(({ packets }) => packets > 0);
  expect(counted).toMatchObject([{ reason: 'no-such-guest', packets: 1 }]);
});

describe('an explanation', () => {
  it('is what the agent would do', async () => {
    const opened = await openWithFlows();
    const packet = Buffer.from(udpPacket('10.1.2.30', '10.1.2.50')).toString('hex');
    const { status, document } = await postExplain(opened, { port: 'a30', packet });
    expect(status).toBe(200);
    expect(document).toMatchObject({ schema: 'netweft.explain/v1', outcome: 'send', to: 'y at 198.18.0.12:7790' });
  });

  it.each([{}, { port: 'a30' }, { packet: {} }, { packet: ['45'], port: { name: 'a30' } }])(
    'is refused to what is no request: %j',
    async (request) => {
      expect((await postExplain(openAgent(), request)).status).toBe(400);
    },
  );
});
