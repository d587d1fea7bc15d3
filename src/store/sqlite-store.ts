import { resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { UserError } from '../base/errors.ts';
import { changesOf } from './apply-transaction.ts';
import { checkKey, checkListing, checkTransaction, type Transaction } from './check-request.ts';
import { GroupQueue } from './group-queue.ts';
import {
  expectReply,
  type FromThread,
  fromRefusal,
  type StoreReply,
  type StoreRequest,
  type ToThread,
} from './sqlite-messages.ts';
import { type SqliteThread, startSqliteThread } from './sqlite-thread.ts';
import type {
  Compare,
  Entry,
  ListOptions,
  Page,
  Store,
  StoreCounters,
  TransactionResult,
  Watch,
  Write,
} from './store.ts';
import { WatchHub } from './watch-hub.ts';

/**
 * Opens the store in the file `path`, or makes it; its directory must exist. One process at a time
 * can have it open. Throws UserError, with code `in-use` if another one has.
 *
 * Requests made while the disk is busy share one commit. If the disk fails, the store is done for:
 * requests under way may or may not have taken effect, and all are rejected with a plain Error. A
 * full disk only refuses, with UserError `limit`.
 *
 * A file that was put back from a copy may have lost revisions that readers have seen: opened with
 * `isRestored`, once, it begins a new incarnation, and no reader compares its revisions with those.
 */
export async function openSqliteStore(path: string, isRestored = false): Promise<Store> {
  return new SqliteStore(await startSqliteThread({ path: resolve(path), isRestored }));
}

class SqliteStore implements Store {
  readonly incarnation: string;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #queue: GroupQueue<StoreRequest, StoreReply>;
  readonly #hub: WatchHub;
  #revision: number;
  #committed = 0;
  #conflicted = 0;
  #commits = 0;
  #end: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor({ worker, ended, incarnation, revision }: SqliteThread) {
    this.incarnation = incarnation;
    this.#revision = revision;
    this.#hub = new WatchHub(revision);
    this.#worker = worker;
    this.#ended = ended.then((reason) => this.#fail(reason));
    this.#queue = new GroupQueue((requests) => this.#post({ kind: 'group', requests }));
    worker.on('message', (message: FromThread) => this.#receive(message));
  }

  async revision(): Promise<number> {
    this.#checkOpen();
    return this.#queue.submit({ kind: 'revision' }, 0, (reply) => expectReply(reply, 'revision').revision);
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#checkOpen();
    checkKey(key);
    return this.#queue.submit({ kind: 'get', key }, key.length, (reply) => expectReply(reply, 'get').entry);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<Page> {
    this.#checkOpen();
    const listing = checkListing(prefix, options);
    const bytes = listing.from.length + listing.before.length;
    return this.#queue.submit({ kind: 'list', listing }, bytes, (reply) => expectReply(reply, 'list').page);
  }

  async transact(compares: readonly Compare[], writes: readonly Write[]): Promise<TransactionResult> {
    this.#checkOpen();
    const transaction = checkTransaction(compares, writes);
    const request: StoreRequest = { kind: 'transact', transaction };
    return this.#queue.submit(request, sizeOf(transaction), (reply) => this.#acknowledge(transaction, reply));
  }

  watch(prefix: string, afterRevision: number): Watch {
    this.#checkOpen();
    if (this.#failure) throw this.#failure;
    return this.#hub.watch(prefix, afterRevision);
  }

  counters(): StoreCounters {
    return {
      committed: this.#committed,
      conflicted: this.#conflicted,
      commits: this.#commits,
      refused: this.#queue.refused,
      compacted: this.#hub.compacted,
    };
  }

  close(): Promise<void> {
    this.#end ??= this.#close();
    return this.#end;
  }

  async #close(): Promise<void> {
    await this.#queue.idle();
    this.#hub.end();
    this.#post({ kind: 'close' });
    await this.#ended;
  }

  /** Watches see a transaction before whoever made it. */
  #acknowledge(transaction: Transaction, reply: StoreReply): TransactionResult {
    const { outcome } = expectReply(reply, 'transact');
    const { committed, revision } = outcome;
    if (!committed) this.#conflicted += 1;
    if (revision > this.#revision) {
      this.#revision = revision;
      this.#committed += 1;
      this.#hub.publish(changesOf(transaction, outcome));
    }
    return { committed, revision };
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromThread): void {
    if (message.kind === 'opened') throw new Error('the thread of a store opened it twice');
    const before = this.#revision;
    if (message.kind === 'refused') this.#queue.refuse(fromRefusal(message.refusal));
    else this.#queue.settle(message.replies);
    if (this.#revision > before) this.#commits += 1;
  }

  #fail(reason: Error): void {
    this.#failure = reason;
    this.#queue.fail(reason);
    this.#hub.end(reason);
  }

  #checkOpen(): void {
    if (this.#end) throw new UserError('unreachable', 'the store is closed');
  }
}

function sizeOf({ writes }: Transaction): number {
  return writes.reduce((sum, write) => sum + write.key.length + (write.kind === 'put' ? write.value.length : 0), 0);
}
