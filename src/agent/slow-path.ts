import type { Clock } from '../base/clock.ts';
import { endpointNumber } from '../base/ipv4.ts';
import { TokenBuckets, type TokenBucketsOptions } from '../base/token-buckets.ts';
import type { MappingKey } from '../control/messages.ts';
import { compile } from '../fastpath/compile.ts';
import type { FastPath, Resolution, StepOutput, Upcall } from '../fastpath/fast-path.ts';
import { FIRST_CONTEXT } from '../fastpath/flow-key.ts';
import type { InPacket, OutPacket } from '../fastpath/packets.ts';
import type { Sighting } from '../fastpath/watch.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Arrival } from '../pipeline/arrival.ts';
import { decide } from '../pipeline/decide.ts';
import type { DropReason } from '../pipeline/drop-reasons.ts';
import type { Decision, Outcome } from '../pipeline/outcome.ts';
import { mappingName } from './lookups.ts';

/** Between two questions about the same contradicted mapping, ms. */
const DOUBT_INTERVAL_MS = 1000;
/** Contradicted mappings remembered for that. */
const MAX_DOUBTED = 1024;
/** Flows and single packets that wait for the same mapping. */
export const MAX_WAITING_PER_MAPPING = 32;
/** New mappings that one port, or one host, may ask for. */
export const LOOKUP_RATE = { burst: 200, perSecond: 100 };
/** ICMP errors that one port gets back (RFC 1812 section 4.3.2.8). */
export const REPLY_RATE = { burst: 50, perSecond: 100 };

/** What one port, or one host, may take from the others. */
export interface SlowPathRates {
  readonly lookups: TokenBucketsOptions;
  readonly replies: TokenBucketsOptions;
}

export interface SlowPathOptions {
  readonly clock: Clock;
  readonly snapshot: Snapshot;
  readonly fastPath: FastPath;
  send(packets: readonly OutPacket[]): void;
  /** Takes what became of watched packets; called with borrowed bytes, and only where something was seen. */
  see(seen: readonly Sighting[]): void;
  /** Asks the mapping daemon. */
  want(key: MappingKey): void;
  /** A packet was decided to be dropped; those that repeat the decision are not told. */
  refused(arrival: Arrival, reason: DropReason): void;
}

/** Decides what the fast path does not know, commits each decision before the next, and sends. */
export class SlowPath {
  readonly counters = { decisions: 0, held: 0 };
  readonly #options: SlowPathOptions;
  /** Upcalls that wait for a mapping, by its name. */
  readonly #waiting = new Map<string, Set<number>>();
  /** When a contradicted mapping was last asked for, oldest first. */
  readonly #doubted = new Map<string, number>();
  readonly #lookupTokens = new TokenBuckets(LOOKUP_RATE);
  readonly #replyTokens = new TokenBuckets(REPLY_RATE);

  constructor(options: SlowPathOptions) {
    this.#options = options;
  }

  setRates({ lookups, replies }: SlowPathRates): void {
    this.#lookupTokens.setTerms(lookups);
    this.#replyTokens.setTerms(replies);
  }

  /** Handles a batch to its end; its bytes are borrowed. */
  handleBatch(batch: readonly InPacket[]): void {
    const { fastPath, clock } = this.#options;
    for (let next = 0; next < batch.length; ) {
      const output = fastPath.step(batch, next, clock.now());
      next = output.next;
      this.handle(output);
    }
  }

  /** Sends what the fast path put out and decides its upcalls, and those that follow from them. */
  handle(output: StepOutput): void {
    const { fastPath, clock } = this.#options;
    this.#putOut(output);
    const upcalls = [...output.upcalls];
    for (let next = upcalls.shift(); next !== undefined; next = upcalls.shift()) {
      const decision = decide(this.#options.snapshot, next.arrival);
      this.counters.decisions++;
      const resolution = this.#resolutionOf(next, decision);
      if (resolution === undefined) continue;
      const more = fastPath.resolve(next.id, resolution, clock.now());
      this.#putOut(more);
      upcalls.push(...more.upcalls);
    }
  }

  isWanted(key: MappingKey): boolean {
    return this.#waiting.has(mappingName(key));
  }

  /** A mapping arrived: what waited for it is decided again. */
  mappingArrived(key: MappingKey): void {
    const name = mappingName(key);
    const ids = this.#waiting.get(name);
    if (ids === undefined) return;
    this.#waiting.delete(name);
    const upcalls = [...ids].flatMap((id) => this.#options.fastPath.upcall(id) ?? []);
    this.handle({ packets: [], upcalls, seen: [] });
  }

  /** Forgets what nothing waits for any more. */
  prune(): void {
    for (const [name, ids] of this.#waiting) {
      for (const id of ids) if (this.#options.fastPath.upcall(id) === undefined) ids.delete(id);
      if (ids.size === 0) this.#waiting.delete(name);
    }
    this.#lookupTokens.prune(this.#options.clock.now());
    this.#replyTokens.prune(this.#options.clock.now());
  }

  #resolutionOf(upcall: Upcall, decision: Decision): Resolution | undefined {
    const { outcome, context } = decision;
    if (upcall.needsContext && context !== undefined) return { kind: 'context', context };
    const now = this.#options.clock.now();
    const refusal = this.#refusal(upcall, outcome, now);
    if (refusal !== undefined) return { kind: 'flow', action: { kind: 'drop', reason: refusal }, cache: undefined };
    if (outcome.kind === 'hold') this.#hold(upcall, outcome.wanted);
    if (outcome.kind === 'drop') this.#refuse(upcall, outcome);
    return compile(decision, now);
  }

  /** What may not be done as often as is asked for. */
  #refusal({ arrival }: Upcall, outcome: Outcome, now: number): DropReason | undefined {
    const origin = originOf(arrival);
    if (outcome.kind === 'reply') return this.#replyTokens.take(origin, now) ? undefined : 'too-long';
    if (outcome.kind !== 'hold') return undefined;
    const waiting = this.#waiting.get(mappingName(outcome.wanted))?.size ?? 0;
    if (waiting >= MAX_WAITING_PER_MAPPING) return 'pending-full';
    return waiting > 0 || this.#lookupTokens.take(origin, now) ? undefined : 'lookup-limit';
  }

  #putOut({ packets, seen }: StepOutput): void {
    if (packets.length > 0) this.#options.send(packets);
    if (seen.length > 0) this.#options.see(seen);
  }

  #hold(upcall: Upcall, wanted: MappingKey): void {
    const name = mappingName(wanted);
    const ids = this.#waiting.get(name) ?? new Set();
    ids.add(upcall.id);
    this.#waiting.set(name, ids);
    this.counters.held++;
    this.#options.want(wanted);
  }

  #refuse({ arrival }: Upcall, { reason, doubted }: Outcome & { readonly kind: 'drop' }): void {
    if (doubted !== undefined) this.#doubt(doubted);
    this.#options.refused(arrival, reason);
  }

  #doubt(key: MappingKey): void {
    const name = mappingName(key);
    const now = this.#options.clock.now();
    if (now - (this.#doubted.get(name) ?? -Infinity) < DOUBT_INTERVAL_MS) return;
    this.#doubted.delete(name);
    const [oldest] = this.#doubted.keys();
    if (this.#doubted.size >= MAX_DOUBTED && oldest !== undefined) this.#doubted.delete(oldest);
    this.#doubted.set(name, now);
    this.#options.want(key);
  }
}

/** What limits are charged to: the port, or the host that sent. */
function originOf(arrival: Arrival): number {
  return arrival.kind === 'guest' ? arrival.port : FIRST_CONTEXT + endpointNumber(arrival.source);
}
