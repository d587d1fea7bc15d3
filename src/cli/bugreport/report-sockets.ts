import { join } from 'node:path';
import type { ReportMachine } from './report-machine.ts';

const RUNTIME_FOLDER = '/run/netweft';
/** Of `netweft-agent@NAME`, see `packaging/systemd`. */
const INSTANCE = /^agent-[^/]+$/;
/** Daemons that one report asks. */
const MAX_SOCKETS = 16;

/** The sockets of a report: `chosen`, the usual ones, those of further agents of this machine; each once. */
export async function reportSockets(
  machine: Pick<ReportMachine, 'listFolder'>,
  usual: readonly string[],
  chosen: readonly string[],
): Promise<readonly string[]> {
  const folders = await machine.listFolder(RUNTIME_FOLDER).catch(() => []);
  const instances = folders.filter((name) => INSTANCE.test(name)).toSorted();
  const further = instances.map((name) => join(RUNTIME_FOLDER, name, 'agent.sock'));
  const all = new Set([...chosen, ...usual, ...further]);
  return [...all].slice(0, MAX_SOCKETS);
}
