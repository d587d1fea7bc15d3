import { UserError } from '../base/errors.ts';
import type { DaemonPlan, LabPlan } from './plan.ts';

/** The namespace that a person means by the name of a guest, its namespace, a host, `mapper` or `bridge`. */
export function resolveTarget(plan: LabPlan, name: string): string {
  if (plan.namespaces.includes(name)) return name;
  const namespaces = targets(plan).get(name) ?? new Set();
  const [only] = namespaces;
  if (only !== undefined && namespaces.size === 1) return only;
  if (namespaces.size > 1) {
    throw new UserError('conflict', `${name} has several namespaces`, `say which: ${[...namespaces].join(', ')}`);
  }
  const known = [...targets(plan).keys()].join(', ');
  throw new UserError('not-found', `the lab ${plan.name} has no ${name}`, `it has ${known}`);
}

/** The daemon of a host, or the mapping daemon. */
export function resolveDaemon(plan: LabPlan, name: string): DaemonPlan {
  const daemons = [plan.mapper, ...plan.agents];
  const found = daemons.find((daemon) => daemon.name === name);
  if (found !== undefined) return found;
  const known = daemons.map((daemon) => daemon.name).join(', ');
  throw new UserError('not-found', `the lab ${plan.name} has no daemon ${name}`, `it has ${known}`);
}

function targets(plan: LabPlan): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>([
    ['bridge', new Set([plan.bridge])],
    [plan.mapper.name, new Set([plan.mapper.namespace])],
    ...plan.agents.map((agent): [string, Set<string>] => [agent.name, new Set([agent.namespace])]),
  ]);
  for (const { guest, namespace } of plan.guests) {
    found.set(guest, new Set([...(found.get(guest) ?? []), namespace]));
  }
  return found;
}
