import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import type { CloudRecord } from '../model/records.ts';
import { adminRequest } from '../admin/client.ts';
import { awaitAnswer, awaitPorts, type Waiting } from './await-daemons.ts';
import { isRunning, type Program, startDaemon } from './daemon-process.ts';
import { withLabLock } from './lab-lock.ts';
import { changeLabRecord, claimLab, type LabRecord, writeLabRecord } from './lab-record.ts';
import { lowerLockedLab } from './lower-lab.ts';
import { addNamespace, forbidRedirects, namespaceIdentity, namespaceInUse, runIp } from './namespaces.ts';
import type { DaemonPlan, LabPlan } from './plan.ts';
import { UNDERLAY_DEVICE } from './underlay-device.ts';

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
  const { name } = options.plan;
  claimLab(name);
  return withLabLock(name, async () => {
    try {
      return await raise(options);
    } catch (error) {
      options.progress('failed; undoing');
      await lowerLockedLab(name);
      throw error;
    }
  });
}

async function raise(options: RaiseOptions): Promise<LabRecord> {
  const { plan, progress, program, signal } = options;
  const taken = plan.namespaces.find((name) => namespaceIdentity(name) !== undefined);
  if (taken !== undefined) throw namespaceInUse(taken);
  writeLabRecord({ schema: 'netweft.lab-record/v1', file: options.file, plan, identities: {}, processes: {} });

  progress(`namespaces: ${plan.namespaces.length}`);
  for (const name of plan.namespaces) makeNamespace(plan.name, name);
  for (const step of plan.ipSteps) runIp(step.lines, step.namespace);
  for (const { namespace } of [plan.mapper, ...plan.agents]) {
    if (!forbidRedirects(namespace, UNDERLAY_DEVICE)) progress(`${namespace} believes ICMP redirects`);
  }

  progress(`mapping daemon on ${plan.mapper.underlay}`);
  let record = startOnRecord(plan.name, plan.mapper, program);
  await awaitDaemon(record, plan.mapper, signal);
  await adminRequest(plan.mapper.socket, 'POST', '/v1/apply', { records: options.records });

  progress(`agents: ${plan.agents.map((agent) => agent.name).join(', ')}`);
  for (const agent of plan.agents) record = startOnRecord(plan.name, agent, program);
  for (const agent of plan.agents) await awaitDaemon(record, agent, signal);
  progress(`ports: ${plan.guests.length}`);
  for (const agent of plan.agents) await awaitReady(record, agent, signal, awaitPorts);
  return record;
}

/** On record at once: what has no identity on record is not the lab's to remove. */
function makeNamespace(lab: string, name: string): void {
  const identity = addNamespace(name);
  changeLabRecord(lab, ({ identities }) => ({ identities: { ...identities, [name]: identity } }));
}

/** Starts a daemon; returns the record that has it. The caller holds the lab's lock. */
export function startOnRecord(lab: string, daemon: DaemonPlan, program: Program): LabRecord {
  const started = startDaemon(daemon, program);
  return changeLabRecord(lab, ({ processes }) => ({ processes: { ...processes, [daemon.name]: started } }));
}

/** Until a daemon on record answers. */
export function awaitDaemon(record: LabRecord, daemon: DaemonPlan, signal: AbortSignal): Promise<void> {
  return awaitReady(record, daemon, signal, awaitAnswer);
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
    if (signal.aborted || !(error instanceof UserError)) throw error;
    throw new UserError(error.code, `${error.message}; the end of its log:\n${logTail(daemon)}`, error.hint);
  }
}

function logTail(daemon: DaemonPlan): string {
  if (!existsSync(daemon.log)) return '  it has none';
  const lines = readFileSync(daemon.log, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
  return lines.map((line) => `  ${line}`).join('\n');
}
