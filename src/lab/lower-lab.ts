import { existsSync } from 'node:fs';
import { commandLine, endProcesses, type ProcessRecord, processRecord } from './daemon-process.ts';
import { withLabLock } from './lab-lock.ts';
import { type LabRecord, labDirectory, readLabRecord, releaseLab } from './lab-record.ts';
import { namespaceIdentity, processesIn, removeNamespace } from './namespaces.ts';

/** What was left alone, because it was not made by the lab. */
export interface LeftAlone {
  readonly namespace: string;
  /** Processes that someone runs in it; the namespace lives on, without a name, until they end. */
  readonly pids: readonly number[];
  /** Whether the namespace itself is another's and keeps its name. */
  readonly isForeign: boolean;
}

/** Ends the lab's processes and removes its namespaces and files: those on record, whatever of them exists. */
export async function lowerLab(name: string): Promise<readonly LeftAlone[]> {
  if (!existsSync(labDirectory(name))) return [];
  return withLabLock(name, () => lowerLockedLab(name));
}

/** The same for who holds the lab's lock. */
export async function lowerLockedLab(name: string): Promise<readonly LeftAlone[]> {
  const record = readLabRecord(name);
  if (record === undefined) {
    releaseLab(name);
    return [];
  }
  await endProcesses([...Object.values(record.processes), ...unrecordedDaemons(record)]);
  const left = leftAlone(record);
  for (const [namespace, identity] of Object.entries(record.identities)) removeNamespace(namespace, identity);
  releaseLab(name);
  return left;
}

/** Daemons whose start was cut off before it was on record: they are in the lab's namespaces, on its sockets. */
function unrecordedDaemons({ plan, identities }: LabRecord): ProcessRecord[] {
  const sockets = [plan.mapper, ...plan.agents].map((daemon) => daemon.socket);
  const pids = Object.values(identities).flatMap(processesIn);
  const ours = pids.filter((pid) => commandLine(pid).some((word) => sockets.includes(word)));
  return ours.map(processRecord).filter((record) => record !== undefined);
}

function leftAlone({ plan, identities }: LabRecord): LeftAlone[] {
  const made = Object.entries(identities).map(([namespace, identity]) => {
    return { namespace, pids: processesIn(identity), isForeign: false };
  });
  const foreign = plan.namespaces.filter((namespace) => {
    const found = namespaceIdentity(namespace);
    return found !== undefined && found !== identities[namespace];
  });
  return [
    ...made.filter(({ pids }) => pids.length > 0),
    ...foreign.map((namespace) => ({ namespace, pids: [], isForeign: true })),
  ];
}
