import type { Decision } from '../pipeline/outcome.ts';
import type { FlowAction } from './action.ts';
import type { Resolution } from './fast-path.ts';

/**
 * Turns a decision into what the fast path repeats. The entry is never wider than the decision: same
 * flow key, guards from the decision, and the state that it read. Undefined while the packet is held.
 */
export function compile(decision: Decision, now: number): Resolution | undefined {
  const action = actionOf(decision);
  if (action === undefined) return replyOf(decision);
  const { maxLength, reads, validForMs } = decision;
  const cache = decision.isCacheable ? { maxLength, validUntil: now + validForMs, reads } : undefined;
  return { kind: 'flow', action, cache };
}

function replyOf({ outcome }: Decision): Resolution | undefined {
  return outcome.kind === 'reply' ? { kind: 'reply', port: outcome.port, packet: outcome.packet } : undefined;
}

function actionOf({ outcome }: Decision): FlowAction | undefined {
  switch (outcome.kind) {
    case 'deliver':
      return { kind: 'deliver', port: outcome.port };
    case 'send':
      return outcome;
    case 'drop':
      return { kind: 'drop', reason: outcome.reason };
    case 'reply':
    case 'hold':
      return undefined;
  }
}
