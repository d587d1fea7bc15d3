import type { Clock } from '../base/clock.ts';
import { formatEndpoint } from '../base/ipv4.ts';
import type { Agent } from './agent.ts';

/** How old a told status may be, ms. */
const LOOK_MS = 1000;

/** What an operator wants to know of an agent first, in one line. */
export function serviceStatus(agent: Agent): string {
  const { session, ports } = agent;
  const mapper = formatEndpoint(agent.options.mapper);
  const states = ports.all().map(({ state }) => state);
  const up = `${states.filter((state) => state === 'up').length} of ${states.length} ports up`;
  if (session.refusedFor !== undefined) return `refused by the mapping daemon at ${mapper}: ${session.refusedFor}`;
  if (session.state !== 'ready') return `waiting for the mapping daemon at ${mapper}, ${up}`;
  return session.isSilent ? `the mapping daemon at ${mapper} is silent, ${up}` : `registered, ${up}`;
}

/** Tells the status now and whenever it may have changed; the returned function ends that. */
export function followServiceStatus(agent: Agent, clock: Clock, tell: (status: string) => void): () => void {
  let cancel = () => {};
  const look = () => {
    tell(serviceStatus(agent));
    cancel = clock.after(LOOK_MS, look);
  };
  look();
  return () => cancel();
}
