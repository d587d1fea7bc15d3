/** Every bound and every duration of the mapping daemon. What exceeds a bound is refused or counted. */
import { MAX_LOOKUP_KEYS } from '../control/messages.ts';
import { MAX_OPERATIONS, MAX_VALUE_BYTES } from '../store/store.ts';

/** What an operator may choose. */
export interface MapperLimits {
  /** Records of the cloud. */
  readonly records: number;
  /** Hosts registered at the same time. */
  readonly hosts: number;
  /** How often an agent shall be heard. */
  readonly heartbeatMs: number;
  /** A session that is silent for so long is over. */
  readonly silenceMs: number;
}

/** As a configuration has them that does not say otherwise. */
export const USUAL_LIMITS: MapperLimits = { records: 50_000, hosts: 10_000, heartbeatMs: 1_000, silenceMs: 5_000 };

/** Records of one `apply`: their journal fits one transaction even if every field is as long as it may be. */
export const MAX_APPLY_RECORDS = 5_000;
/** Applies and deletions that wait for their turn. */
export const MAX_WAITING_CHANGES = 64;
/** Tries to change the model while somebody else changes it too. */
export const MAX_CHANGE_ATTEMPTS = 5;
/** Records that one transaction writes beside its guards; more of them go through the journal. */
export const MAX_DIRECT_WRITES = MAX_OPERATIONS - 8;
/** How long a journal that the store did not take waits before it is tried again: first, and at most. */
export const FIRST_JOURNAL_RETRY_MS = 250;
export const MAX_JOURNAL_RETRY_MS = 10_000;
/** Bytes of one chunk of the journal. */
export const MAX_CHUNK_BYTES = MAX_VALUE_BYTES;
/** Problems that one refusal lists; the rest is counted. */
export const MAX_LISTED_PROBLEMS = 20;
/** Referrers that one refusal lists. */
export const MAX_LISTED_REFERRERS = 5;

/** Entries of ports that one transaction removes with a compare each, beside the writes of a deletion. */
export const MAX_LIVE_REMOVALS = Math.floor((MAX_OPERATIONS - 8) / 2);

/** A session is not over before its agent was listened for so long again: what it said may wait in the socket of a daemon that was busy. */
export const SILENCE_GRACE_MS = 250;
/** Ids of registrations, and boots that were replaced, which are remembered per host to tell late duplicates. */
export const MAX_REMEMBERED = 16;

/** How long a mapping may be used before it is asked again. */
export const POSITIVE_VALID_MS = 60_000;
/** The same for the answer that nobody has an address, and for mappings without a subscription. */
export const NEGATIVE_VALID_MS = 2_000;
/** A subscription lasts for so many times the validity of its last answer. */
export const SUBSCRIPTION_VALIDITIES = 2;
/** How often expired subscriptions are removed. */
export const SWEEP_MS = 10_000;
/**
 * Mappings of which one host hears changes, of all tenants and of one GNI: a tenant that asks for many
 * leaves room for the others. Further ones are answered for NEGATIVE_VALID_MS at a time.
 */
export const MAX_SUBSCRIPTIONS = 16_384;
export const MAX_SUBSCRIPTIONS_PER_GNI = 4_096;

/** The longest time for which a look-up waits for an agreement before it is answered without that key. */
export const LOOKUP_HOLD_MS = 1_000;
/** Look-ups that wait at the same time, of all hosts and of one. */
export const MAX_HELD_LOOKUPS = 1_024;
export const MAX_HELD_LOOKUPS_PER_HOST = 16;
/** Directions that one transaction makes agreements for: two hosts' worth of every key of a look-up. */
export const MAX_AGREEMENTS_PER_TRANSACTION = Math.min(2 * MAX_LOOKUP_KEYS, MAX_OPERATIONS - 8);
/** Agreements of one direction, older ones that still drain included; the oldest goes first. */
export const MAX_AGREEMENTS_PER_DIRECTION = 8;
/** How long the receiver accepts an older agreement after the sender knows the newer one. */
export const DRAIN_MS = 10_000;
/** Directions without a common framework that the log names, until one of the two registers again. */
export const MAX_WARNED_PAIRS = 1_024;
/** Traces at once: each is compared with every packet of two hosts. */
export const MAX_TRACES = 8;
/** Packets of one trace, and how long it may take. */
export const MAX_TRACE_PACKETS = 1_000;
export const MAX_TRACE_MS = 10 * 60 * 1000;
/** An agent watches for so long without hearing of the trace again, and hears of it so often. */
export const TRACE_LEASE_MS = 10_000;
export const TRACE_RENEW_MS = 2_500;
/** The longest wait for an agent to know of a trace. */
export const TRACE_INSTALL_MS = 1_000;
/** Between the sender's host knowing of a trace and telling the operator that it has begun. */
export const TRACE_WARM_UP_MS = 100;
/** A packet of which the host that it was sent to has not told for so long is missing there. */
export const TRACE_MISSING_MS = 2_000;
/** The longest that a packet that is not lost is under way between two hosts. */
export const TRACE_FLIGHT_MS = 500;
/** Packets of one trace that the receiver's host told of before the sender's, and how long they are kept. */
export const MAX_EARLY_REPORTS = 4_096;
export const TRACE_EARLY_MS = 5_000;
/** The highest id of an agreement: 24 bits on the wire. */
export const MAX_AGREEMENT_ID = 2 ** 24 - 1;
