import { readFileSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import type { CloudRecord } from '../model/records.ts';
import { adminRequest } from '../admin/client.ts';
import { awaitAnswer, awaitPorts, type Waiting } from './await-daemons.ts';
import { isRunning, type Program, startDaemon } from './daemon-process.ts';
import { claimLab, type LabRecord, releaseLab, writeLabRecord } from './lab-record.ts';
import { lowerLab } from './lower-lab.ts';
import { namespaceIdentity, runIp } from './namespaces.ts';
import type { DaemonPlan, LabPlan } from './plan.ts';

/** Lines of a daemon's log that are shown when it fails. */
const LOG_TAIL_LINES = 20;

export interface RaiseOptions {
  readonly plan: LabPlan;
  readonly records: readonly CloudRecord[];
  /** The cloud file, as an absolute path. */
  readonly file: string;
  readonly program: Program;
  /** Stops the work, which is then undone. */
  readonly signal: AbortSignal;
  /** Told what is being done, one line each. */
  readonly progress: (line: string) => void;
}

/** Makes the whole lab, and returns when every port is up. What fails is undone before it is thrown. */
export async function raiseLab(options: RaiseOptions): Promise<LabRecord> {
  const record = claim(options);
  try {
    return await raise(record, options);
  } catch (error) {
    options.progress('failed; undoing');
    await lowerLab(options.plan.name);
    throw error;
  }
}

/** Takes the name, and makes sure that nothing of another will be on record as the lab's. */
function claim({ plan, file }: RaiseOptions): LabRecord {
  claimLab(plan.name);
  try {
    checkFree(plan);
    const record: LabRecord = { schema: 'netweft.lab/v1', file, plan, identities: {}, processes: {} };
    writeLabRecord(record);
    return record;
  } catch (error) {
    releaseLab(plan.name);
    throw error;
  }
}

function checkFree(plan: LabPlan): void {
  const taken = plan.namespaces.find((name) => namespaceIdentity(name) !== undefined);
  if (taken === undefined) return;
  const hint = `if nobody needs it: ip netns delete ${taken}; if a lab made it: weft lab down`;
  throw new UserError('in-use', `a network namespace ${taken} exists already`, hint);
}

async function raise(claimed: LabRecord, options: RaiseOptions): Promise<LabRecord> {
  const { plan, progress, program } = options;
  progress(`namespaces: ${plan.namespaces.length}`);
  for (const step of plan.ipSteps) runIp(step.lines, step.namespace);
  let record: LabRecord = { ...claimed, identities: identitiesOf(plan) };
  writeLabRecord(record);

  progress(`mapping daemon on ${plan.mapper.underlay}`);
  record = await startOne(record, plan.mapper, program, options.signal);
  await adminRequest(plan.mapper.socket, 'POST', '/v1/apply', { records: options.records });

  progress(`agents: ${plan.agents.map((agent) => agent.name).join(', ')}`);
  for (const agent of plan.agents) record = startProcess(record, agent, program);
  for (const agent of plan.agents) await awaitReady(record, agent, options.signal, awaitAnswer);
  progress(`ports: ${plan.guests.length}`);
  for (const agent of plan.agents) await awaitReady(record, agent, options.signal, awaitPorts);
  return record;
}

/** Starts a daemon of a lab, and returns the record that has it when it answers. */
export async function startOne(
  record: LabRecord,
  daemon: DaemonPlan,
  program: Program,
  signal: AbortSignal,
): Promise<LabRecord> {
  const started = startProcess(record, daemon, program);
  await awaitReady(started, daemon, signal, awaitAnswer);
  return started;
}

function startProcess(record: LabRecord, daemon: DaemonPlan, program: Program): LabRecord {
  const processes = { ...record.processes, [daemon.name]: startDaemon(daemon, program) };
  const started = { ...record, processes };
  writeLabRecord(started);
  return started;
}

async function awaitReady(
  record: LabRecord,
  daemon: DaemonPlan,
  signal: AbortSignal,
  wait: (waiting: Waiting) => Promise<void>,
): Promise<void> {
  const process = record.processes[daemon.name];
  try {
    await wait({ daemon, signal, isAlive: () => process !== undefined && isRunning(process) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.code, `${error.message}; the end of its log:\n${logTail(daemon)}`, error.hint);
  }
}

function logTail(daemon: DaemonPlan): string {
  const lines = readFileSync(daemon.log, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
  return lines.map((line) => `  ${line}`).join('\n');
}

function identitiesOf(plan: LabPlan): Record<string, string> {
  return Object.fromEntries(plan.namespaces.map((name) => [name, namespaceIdentity(name) ?? '']));
}
