/** A traced flow from a30 on host x to a50 on host y, whose agents say what a test tells them to. */
import type { StreamDocument } from '../../../src/admin/stream-documents.ts';
import type { TraceDocument, TraceRequest } from '../../../src/admin/trace-documents.ts';
import { versionWithFeatures } from '../../../src/control/features.ts';
import type { TraceItem, TraceReport, TraceState } from '../../../src/control/trace-messages.ts';
import { TRACE_WARM_UP_MS } from '../../../src/mapper/limits.ts';
import type { FakeAgent } from './fake-agent.ts';
import { TestCloud } from './test-cloud.ts';

const REQUEST: TraceRequest = { port: 'a30', to: '10.1.2.50', count: 10, forMs: 30_000 };
const STATE_MS = 400;
export const TIME_US = 1_795_000_000_123_456;

interface Scene {
  readonly cloud: TestCloud;
  readonly agents: { readonly x: FakeAgent; readonly y: FakeAgent; readonly z: FakeAgent };
}

let scene: Scene;

/** Another cloud for the functions here: its agents trace, and their ports are up. */
export async function openScene(): Promise<Scene> {
  const cloud = await TestCloud.open();
  const agents = {
    x: cloud.agent('x', '198.18.0.11'),
    y: cloud.agent('y', '198.18.0.12'),
    z: cloud.agent('z', '198.18.0.13'),
  };
  for (const agent of Object.values(agents)) {
    agent.version = versionWithFeatures('0.1.0');
    await agent.start();
  }
  scene = { cloud, agents };
  return scene;
}

interface Watched {
  readonly told: StreamDocument[];
  stop(): void;
  isOver: boolean;
}

export function begin(request: Partial<TraceRequest> = {}): Watched {
  const told: StreamDocument[] = [];
  const watched: Watched = { told, stop: () => {}, isOver: false };
  watched.stop = scene.cloud.mapper.trace(
    { ...REQUEST, ...request },
    (document) => told.push(document),
    () => {
      watched.isOver = true;
    },
  );
  return watched;
}

/** Until agents know of it and have said so. */
export async function begun(request: Partial<TraceRequest> = {}): Promise<Watched> {
  const watched = begin(request);
  for (const agent of Object.values(scene.agents)) if (itemOf(agent) !== undefined) await state(agent);
  await scene.cloud.clock.pass(TRACE_WARM_UP_MS);
  return watched;
}

/** An agent that watches, has told all that it saw and left nothing out, unless otherwise said. */
export async function state(agent: FakeAgent, fields: Partial<TraceState> = {}): Promise<void> {
  const trace = itemOf(agent)?.id ?? 1;
  await agent.ask({ kind: 'trace-state', trace, isRefused: false, untoldMs: 0, leftOut: 0, sampleBits: 0, ...fields });
}

/** Time goes by, in which the receiver's agent says how it keeps up. */
export async function pass(ms: number, fields: Partial<TraceState> = {}): Promise<void> {
  for (let left = ms; left > 0; left -= STATE_MS) {
    await scene.cloud.clock.pass(Math.min(left, STATE_MS));
    await state(scene.agents.y, fields);
  }
}

export function itemOf(agent: FakeAgent): TraceItem | undefined {
  return agent.pushed.findLast((item) => item.kind === 'trace');
}

export function isWithdrawn(agent: FakeAgent): boolean {
  return agent.pushed.findLast(({ kind }) => kind === 'trace' || kind === 'trace-gone')?.kind === 'trace-gone';
}

let reports = 0;

export async function report(agent: FakeAgent, fields: Partial<TraceReport>): Promise<void> {
  await agent.ask({
    kind: 'trace-report',
    trace: itemOf(agent)?.id ?? 1,
    digest: '00000000000000a1',
    timeUs: TIME_US,
    seen: ++reports,
    sampleBits: 0,
    origin: agent === scene.agents.x ? 'a30' : 'x',
    verdict: 'deliver',
    to: '',
    reason: '',
    record: '',
    recordRevision: 0,
    again: '',
    stages: [{ name: 'parse', verdict: 'pass', detail: 'what it is' }],
    ...fields,
  });
}

const digest = (number: number) => number.toString(16).padStart(16, '0');
export const sent = (number: number) => report(scene.agents.x, { digest: digest(number), verdict: 'send', to: 'y' });
export const received = (number: number, fields: Partial<TraceReport> = {}) =>
  report(scene.agents.y, { digest: digest(number), to: 'a50', ...fields });
export const packetsOf = (watched: Watched) => watched.told.filter((one) => one.schema === 'netweft.trace/v1');
export const inShort = ({ packet, result, sightings, missing }: TraceDocument) =>
  [packet, result, ...sightings.map(({ host }) => host), ...(missing ? [`${missing.host}: ${missing.why}`] : [])].join(
    ' ',
  );
