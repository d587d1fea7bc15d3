import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { nearestWord } from '../model/nearest-word.ts';
import { formatProblem } from '../model/problem.ts';
import type { CloudRecord, Kind } from '../model/records.ts';
import { validateCloud } from '../model/validate.ts';
import type { Compare, Store, Write } from '../store/store.ts';
import { journalWrites, modelValue, recordWrite } from './apply-journal.ts';
import type { JournalRunner } from './journal-runner.ts';
import {
  type MapperLimits,
  MAX_APPLY_RECORDS,
  MAX_CHANGE_ATTEMPTS,
  MAX_DIRECT_WRITES,
  MAX_LISTED_PROBLEMS,
  MAX_LISTED_REFERRERS,
  MAX_LIVE_REMOVALS,
  MAX_WAITING_CHANGES,
} from './limits.ts';
import type { MapperState } from './mapper-state.ts';
import type { StoreFollower } from './store-follower.ts';
import { liveKey, MODEL_KEY, recordKey } from './store-keys.ts';

export interface RecordResult {
  readonly kind: Kind;
  readonly name: string;
  readonly change: 'created' | 'changed' | 'unchanged';
}

export interface ApplyResult {
  readonly revision: number;
  readonly results: readonly RecordResult[];
}

/** Changes the records: each change is checked against the whole cloud, and happens all or not at all. */
export class CloudEditor {
  readonly #store: Store;
  readonly #state: MapperState;
  readonly #follower: StoreFollower;
  readonly #journal: JournalRunner;
  readonly #limits: () => MapperLimits;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    store: Store,
    state: MapperState,
    follower: StoreFollower,
    journal: JournalRunner,
    limits: () => MapperLimits,
  ) {
    this.#store = store;
    this.#state = state;
    this.#follower = follower;
    this.#journal = journal;
    this.#limits = limits;
  }

  /**
   * Creates and replaces records; resolves once the daemon acts on them. Throws UserError, nothing
   * changed; or `unfinished`: the change is decided, and carried out as soon as the store can.
   */
  apply(records: readonly CloudRecord[]): Promise<ApplyResult> {
    return this.#inTurn(() => this.#attempt(() => this.#tryApply(records)));
  }

  /** Removes a record that none refers to; the revision without it. Throws UserError, nothing changed. */
  delete(kind: Kind, name: string): Promise<number> {
    return this.#inTurn(() => this.#attempt(() => this.#tryDelete(kind, name)));
  }

  async #tryApply(records: readonly CloudRecord[]): Promise<ApplyResult | undefined> {
    const { cloud } = this.#state;
    checkApply(cloud.all(), records, this.#limits());
    const results = records.map((record) => this.#compare(record));
    const changed = records.filter((_, index) => results[index]?.change !== 'unchanged');
    if (changed.length === 0) return { revision: this.#state.revision, results };
    const revision = await this.#commit(changed);
    return revision === undefined ? undefined : { revision, results };
  }

  #compare({ kind, spec }: CloudRecord): RecordResult {
    const { name } = spec;
    const before = this.#state.cloud.find(kind, name);
    if (before === undefined) return { kind, name, change: 'created' };
    return { kind, name, change: isDeepStrictEqual(before.spec, spec) ? 'unchanged' : 'changed' };
  }

  async #commit(records: readonly CloudRecord[]): Promise<number | undefined> {
    if (records.length <= MAX_DIRECT_WRITES) {
      const model: Write = { kind: 'put', key: MODEL_KEY, value: modelValue(0) };
      return this.#transact([], [model, ...records.map(recordWrite)]);
    }
    if ((await this.#transact([], journalWrites(records))) === undefined) return undefined;
    await this.#journal.run().catch((error: unknown) => {
      throw unfinished(error);
    });
    return this.#state.revision;
  }

  async #tryDelete(kind: Kind, name: string): Promise<number | undefined> {
    const { cloud, live } = this.#state;
    if (cloud.find(kind, name) === undefined) throw this.notFound(kind, name);
    const referrers = cloud.referrers(kind, name).map((referrer) => `${referrer.kind} ${referrer.name}`);
    if (referrers.length > 0) throw stillReferred(kind, name, referrers);
    const writes: Write[] = [
      { kind: 'put', key: MODEL_KEY, value: modelValue(0) },
      { kind: 'delete', key: recordKey(kind, name) },
    ];
    // A port that is gone is up nowhere, and a host that is gone holds none.
    let doomed = kind === 'port' ? [name] : kind === 'host' ? live.heldBy(name) : [];
    while (doomed.length > MAX_LIVE_REMOVALS) {
      if ((await this.#removeLive(doomed.slice(0, MAX_LIVE_REMOVALS), [])) === undefined) return undefined;
      doomed = doomed.slice(MAX_LIVE_REMOVALS);
    }
    return this.#removeLive(doomed, writes);
  }

  /** With the entries of these ports as they are known, further writes. */
  #removeLive(ports: readonly string[], writes: readonly Write[]): Promise<number | undefined> {
    const keys = ports.map(liveKey);
    const compares = ports.map((port, index) => {
      return { key: keys[index] ?? '', modRevision: this.#state.live.find(port)?.modRevision ?? 0 };
    });
    return this.#transact(compares, [...writes, ...keys.map((key): Write => ({ kind: 'delete', key }))]);
  }

  notFound(kind: Kind, name: string): UserError {
    const near = nearestWord(
      name,
      this.#state.cloud.ofKind(kind).map(({ spec }) => spec.name),
    );
    const hint = near === undefined ? `see \`weft get ${kind}\` for those that exist` : `did you mean ${near}?`;
    return new UserError('not-found', `there is no ${kind} ${printable(name.slice(0, 64))}`, hint);
  }

  /** Only if the records are still those that were checked. */
  async #transact(compares: readonly Compare[], writes: readonly Write[]): Promise<number | undefined> {
    const guard = { key: MODEL_KEY, modRevision: this.#state.modelRevision };
    const { committed, revision } = await this.#store.transact([guard, ...compares], writes);
    await this.#follower.reached(revision);
    return committed ? revision : undefined;
  }

  async #attempt<T>(change: () => Promise<T | undefined>): Promise<T> {
    for (let attempt = 0; attempt < MAX_CHANGE_ATTEMPTS; attempt++) {
      // Of another daemon on the same store, or one that the store did not take: not shown before it is done.
      if (this.#state.journalChunks > 0) await this.#finishJournal();
      const result = await change();
      if (result !== undefined) return result;
    }
    throw new UserError('conflict', 'the records kept changing while this change was checked', 'try again');
  }

  async #finishJournal(): Promise<void> {
    await this.#journal.run().catch((error: unknown) => {
      const message = `a large change before this one is still being carried out: ${messageOf(error)}`;
      throw new UserError('conflict', message, 'nothing of this change was done; try again later');
    });
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING_CHANGES) {
      throw new UserError('limit', `${MAX_WAITING_CHANGES} changes of records are waiting already`, 'try again later');
    }
    this.#waiting++;
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }
}

/** Throws UserError unless `existing` with `records` in place of those of the same name is a valid cloud. */
function checkApply(existing: readonly CloudRecord[], records: readonly CloudRecord[], limits: MapperLimits): void {
  if (records.length > MAX_APPLY_RECORDS) {
    const message = `${records.length} records at once; at most ${MAX_APPLY_RECORDS} can be applied together`;
    throw new UserError('limit', message, 'split them into several files, what others refer to first');
  }
  const applied = new Set(records.map(({ kind, spec }) => `${kind}/${spec.name}`));
  const kept = existing.filter(({ kind, spec }) => !applied.has(`${kind}/${spec.name}`));
  const count = kept.length + records.length;
  if (count > limits.records && count > existing.length) {
    throw new UserError('limit', `the cloud would have more than ${limits.records} records`, 'delete some first');
  }
  const problems = validateCloud([...kept, ...records]);
  if (problems.length === 0) return;
  const lines = problems.slice(0, MAX_LISTED_PROBLEMS).map(formatProblem);
  if (problems.length > lines.length) lines.push(`and ${problems.length - lines.length} more problems`);
  throw new UserError('invalid', lines.join('\n'));
}

function unfinished(error: unknown): UserError {
  const message = `the change is decided and is being carried out, but the store failed meanwhile: ${messageOf(error)}`;
  return new UserError(
    'unfinished',
    message,
    'the daemon tries again by itself; `weft get` shows the records when it is done',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stillReferred(kind: Kind, name: string, referrers: readonly string[]): UserError {
  const listed = referrers.slice(0, MAX_LISTED_REFERRERS).join(', ');
  const more = referrers.length > MAX_LISTED_REFERRERS ? ` and ${referrers.length - MAX_LISTED_REFERRERS} more` : '';
  return new UserError('in-use', `${kind} ${name} is referred to by ${listed}${more}`, 'delete these first');
}
