/** Ending and starting single daemons of a lab, to see what the rest does without them. */
import { UserError } from '../base/errors.ts';
import { endProcesses, isRunning, type Program } from './daemon-process.ts';
import { withLabLock } from './lab-lock.ts';
import { changeLabRecord, type LabRecord, readLabRecord } from './lab-record.ts';
import type { DaemonPlan } from './plan.ts';
import { awaitDaemon, startOnRecord } from './raise-lab.ts';

export function isDaemonRunning(record: LabRecord, daemon: DaemonPlan): boolean {
  const process = record.processes[daemon.name];
  return process !== undefined && isRunning(process);
}

/** Ends the daemon's process; one that has ended already is no fault. */
export async function stopDaemon(lab: string, daemon: DaemonPlan): Promise<void> {
  await withLabLock(lab, async () => {
    const process = readLabRecord(lab)?.processes[daemon.name];
    if (process !== undefined) await endProcesses([process]);
    changeLabRecord(lab, ({ processes }) => {
      const others = Object.entries(processes).filter(([name]) => name !== daemon.name);
      return { processes: Object.fromEntries(others) };
    });
  });
}

/** Starts the daemon anew, as it was started at first, and returns when it answers. */
export async function restartDaemon(lab: string, daemon: DaemonPlan, program: Program): Promise<void> {
  const record = await withLabLock(lab, async () => {
    const before = readLabRecord(lab);
    if (before !== undefined && isDaemonRunning(before, daemon)) {
      throw new UserError('in-use', `${daemon.name} is running already`, `end it first: weft lab stop ${daemon.name}`);
    }
    return startOnRecord(lab, daemon, program);
  });
  await awaitDaemon(record, daemon, new AbortController().signal);
}
