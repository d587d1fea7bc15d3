import type { DropDocument, SuppressedDocument } from '../../admin/stream-documents.ts';
import type { SendDocument } from '../../admin/stream-server.ts';
import { formatTime } from '../../base/format-time.ts';
import { TokenBuckets } from '../../base/token-buckets.ts';
import type { Sighting } from '../../fastpath/watch.ts';
import { WATCH_NOTHING } from '../../fastpath/watch.ts';
import type { DropReason } from '../../pipeline/drop-reasons.ts';
import type { Agent } from '../agent.ts';
import { fateOf } from './fate.ts';

/** How long drops past the rate are added up before they are told, ms. */
const SUMMARY_MS = 1000;
/** Every stream has a bucket of its own. */
const STREAM = 0;

export interface FollowDropsOptions {
  /** Drops told one by one in a second; the others are told by reason and number. */
  readonly rate: number;
  /** Only those of the guest behind this port, by index. */
  readonly port: number | undefined;
  /** Wall clock, ns since 1970. */
  wallTime(): bigint;
}

/** Tells drops as they happen. Returns what ends it. */
export function followDrops(
  agent: Agent,
  { rate, port, wallTime }: FollowDropsOptions,
  send: SendDocument<DropDocument | SuppressedDocument>,
): () => void {
  const { clock } = agent.options;
  const tokens = new TokenBuckets({ burst: rate, perSecond: rate });
  const suppressed = new Map<DropReason, number>();
  let cancelSummary = () => {};
  const summarize = () => {
    const reasons = [...suppressed].map(([reason, packets]) => ({ reason, packets }));
    suppressed.clear();
    send({ schema: 'netweft.suppressed/v1', time: formatTime(wallTime(), 9), reasons });
  };
  const suppress = (reason: DropReason) => {
    if (suppressed.size === 0) cancelSummary = clock.after(SUMMARY_MS, summarize);
    suppressed.set(reason, (suppressed.get(reason) ?? 0) + 1);
  };
  const see = (sighting: Sighting) => {
    const { arrival, verdict } = sighting;
    if (verdict.kind !== 'drop') return;
    if (port !== undefined && !(arrival.kind === 'guest' && arrival.port === port)) return;
    if (!tokens.take(STREAM, clock.now())) return suppress(verdict.reason);
    send(() => ({ schema: 'netweft.drop/v1', ...fateOf(agent, sighting, wallTime()) }));
  };
  const stop = agent.watchers.add({ ...WATCH_NOTHING, drops: true }, see);
  return () => {
    stop();
    cancelSummary();
  };
}
