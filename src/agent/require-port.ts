import { UserError } from '../base/errors.ts';
import type { Agent } from './agent.ts';

/** The index of a port of this host that is up. Throws UserError `not-found`. */
export function requirePort(agent: Agent, name: string): number {
  const port = agent.ports.byName(name);
  if (port !== undefined && port.state === 'up') return port.index;
  const here = agent.ports.all().map(({ item }) => item.name);
  const known = here.length === 0 ? 'it has none' : `it has ${here.slice(0, 10).join(', ')}`;
  const problem = port === undefined ? 'is not on this host' : `is ${port.state}, not up`;
  throw new UserError('not-found', `port ${name} ${problem}`, `ask the agent of the port's host; ${known}`);
}
