/** Waiting, bounded, until a daemon that was started does its work. */
import { setTimeout as sleep } from 'node:timers/promises';
import { adminRequest } from '../admin/client.ts';
import { UserError } from '../base/errors.ts';
import type { DaemonPlan } from './plan.ts';

const POLL_MS = 50;
/** How long a daemon may take to answer on its socket. */
const ANSWER_MS = 15_000;
/** How long an agent may take to bring its ports up. */
const PORTS_MS = 20_000;

export interface Waiting {
  readonly daemon: DaemonPlan;
  readonly signal: AbortSignal;
  /** Whether the daemon's process is there; waiting ends with it. */
  readonly isAlive: () => boolean;
}

/** Until the daemon answers on its admin socket. */
export async function awaitAnswer(waiting: Waiting): Promise<void> {
  await poll(waiting, ANSWER_MS, async () => {
    await adminRequest(waiting.daemon.socket, 'GET', '/v1/status');
    return undefined;
  });
}

/** Until the agent has all of its ports up. */
export async function awaitPorts(waiting: Waiting): Promise<void> {
  await poll(waiting, PORTS_MS, async () => {
    const document = await adminRequest(waiting.daemon.socket, 'GET', '/v1/ports');
    const ports = document.schema === 'netweft.ports/v1' ? document.ports : [];
    const up = ports.filter((port) => port.state === 'up').length;
    return up >= waiting.daemon.ports ? undefined : `${up} of its ${waiting.daemon.ports} ports are up`;
  });
}

/** Asks until there is nothing missing. An answer, or its absence, says what is missing. */
async function poll(waiting: Waiting, limitMs: number, ask: () => Promise<string | undefined>): Promise<void> {
  const { daemon, signal } = waiting;
  const end = performance.now() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    const missing = await ask().catch(describeUnreachable);
    if (missing === undefined) return;
    if (!waiting.isAlive()) throw new UserError('unreachable', `${daemon.name}: the daemon ended`);
    if (performance.now() > end)
      throw new UserError('unreachable', `${daemon.name}: ${missing} after ${limitMs / 1000} s`);
    await sleep(POLL_MS);
  }
}

function describeUnreachable(error: unknown): string {
  if (error instanceof UserError && error.code === 'unreachable') return 'it does not answer';
  throw error;
}
