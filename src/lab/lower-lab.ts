import { endProcesses } from './daemon-process.ts';
import { readLabRecord, releaseLab } from './lab-record.ts';
import { processesIn, removeNamespace } from './namespaces.ts';

/** What was left alone, because it was not made by the lab. */
export interface LeftAlone {
  readonly namespace: string;
  /** Processes that someone runs in it; the namespace lives on, without a name, until they end. */
  readonly pids: readonly number[];
}

/** Ends the lab's processes and removes its namespaces and files: those on record, whatever of them exists. */
export async function lowerLab(name: string): Promise<readonly LeftAlone[]> {
  const record = readLabRecord(name);
  if (record === undefined) {
    releaseLab(name);
    return [];
  }
  await endProcesses(Object.values(record.processes));
  const left = record.plan.namespaces
    .map((namespace) => ({ namespace, pids: processesIn(namespace) }))
    .filter((found) => found.pids.length > 0);
  for (const namespace of record.plan.namespaces) removeNamespace(namespace, record.identities[namespace]);
  releaseLab(name);
  return left;
}
