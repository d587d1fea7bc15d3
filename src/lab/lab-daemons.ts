/** Ending and starting single daemons of a lab, to see what the rest does without them. */
import { UserError } from '../base/errors.ts';
import { endProcesses, isRunning, type Program } from './daemon-process.ts';
import { type LabRecord, writeLabRecord } from './lab-record.ts';
import type { DaemonPlan } from './plan.ts';
import { startOne } from './raise-lab.ts';

export function isDaemonRunning(record: LabRecord, daemon: DaemonPlan): boolean {
  const process = record.processes[daemon.name];
  return process !== undefined && isRunning(process);
}

/** Ends the daemon's process; one that has ended already is no fault. */
export async function stopDaemon(record: LabRecord, daemon: DaemonPlan): Promise<void> {
  const { [daemon.name]: process, ...others } = record.processes;
  if (process !== undefined) await endProcesses([process]);
  writeLabRecord({ ...record, processes: others });
}

/** Starts the daemon anew, as it was started at first, and returns when it answers. */
export async function restartDaemon(record: LabRecord, daemon: DaemonPlan, program: Program): Promise<void> {
  if (isDaemonRunning(record, daemon)) {
    throw new UserError('in-use', `${daemon.name} is running already`, `end it first: weft lab stop ${daemon.name}`);
  }
  await startOne(record, daemon, program, new AbortController().signal);
}
