import { formatEndpoint } from '../base/ipv4.ts';
import type { DropReason } from '../pipeline/drop-reasons.ts';
import type { Outcome } from '../pipeline/outcome.ts';

/** What is done with the packets of a flow: a decision's outcome, compiled. */
export type FlowAction =
  | Extract<Outcome, { kind: 'deliver' | 'send' }>
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** Text that is equal for equal actions. */
function nameOf(action: FlowAction): string {
  switch (action.kind) {
    case 'deliver':
      return `deliver ${action.port}`;
    case 'send':
      return `send ${action.host} ${formatEndpoint(action.destination)} ${Buffer.from(action.header).toString('hex')}`;
    case 'drop':
      return `drop ${action.reason}`;
  }
}

/** Actions shared by the flow entries that refer to them by number; one goes with its last entry. */
export class ActionTable {
  readonly #actions: ({ action: FlowAction; name: string; holders: number } | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #byName = new Map<string, number>();

  get size(): number {
    return this.#byName.size;
  }

  get(number: number): FlowAction | undefined {
    return this.#actions[number]?.action;
  }

  acquire(action: FlowAction): number {
    const name = nameOf(action);
    let number = this.#byName.get(name);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#actions.length;
      this.#actions[number] = { action, name, holders: 0 };
      this.#byName.set(name, number);
    }
    const shared = this.#actions[number];
    if (shared !== undefined) shared.holders++;
    return number;
  }

  release(number: number): void {
    const shared = this.#actions[number];
    if (shared === undefined || --shared.holders > 0) return;
    this.#actions[number] = undefined;
    this.#byName.delete(shared.name);
    this.#free.push(number);
  }
}
