import { collectConfigs, metricsItems } from './config-items.ts';
import { collectDaemons } from './daemon-items.ts';
import { kernelItems } from './kernel-items.ts';
import { machineItems } from './machine-items.ts';
import { type CollectedItem, ReportCollector } from './report-collector.ts';
import type { ReportMachine } from './report-machine.ts';
import { serviceItems } from './service-items.ts';

/** Everything that a report holds, in its order: `docs/bugreport.md` lists it. Never throws. */
export async function collectReport(
  machine: ReportMachine,
  sockets: readonly string[],
): Promise<readonly CollectedItem[]> {
  const collector = new ReportCollector(machine);
  for (const item of machineItems(machine)) await collector.take(item);
  const { statuses, metrics } = await collectDaemons(machine, collector, sockets);
  for (const item of kernelItems(machine, statuses)) await collector.take(item);
  const configured = await collectConfigs(machine, collector);
  const further = [...metricsItems(machine, new Set([...metrics, ...configured])), ...serviceItems(machine)];
  for (const item of further) await collector.take(item);
  return collector.items;
}
