import { type Change, CompactedError, type Entry, type Store, type Watch } from '../store/store.ts';

export interface StoreFollowerOptions {
  readonly store: Store;
  /** Takes what changed at once, in the order of revisions; never a state of a key older than one before. */
  onChanges(changes: readonly Change[], revision: number): void;
  /** The store failed: nothing more will be followed. */
  onFailure(error: unknown): void;
}

/**
 * Tells everything in a store, and then every change. When it falls behind the store's history it
 * reads everything again and tells the difference.
 */
export class StoreFollower {
  readonly #options: StoreFollowerOptions;
  /** The revision that last wrote each key that exists. */
  readonly #written = new Map<string, number>();
  readonly #waiting = new Set<{ readonly revision: number; readonly resolve: () => void }>();
  #revision = 0;
  #watch: Watch | undefined;
  #isStopped = false;

  constructor(options: StoreFollowerOptions) {
    this.#options = options;
  }

  /** Everything up to this revision has been told. */
  get revision(): number {
    return this.#revision;
  }

  /** Resolves when everything has been told once. */
  async start(): Promise<void> {
    await this.#load();
    this.#follow().catch((error: unknown) => {
      if (!this.#isStopped) this.#options.onFailure(error);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#watch?.close();
  }

  /** Resolves when everything up to `revision` has been told. */
  reached(revision: number): Promise<void> {
    if (revision <= this.#revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ revision, resolve }));
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      try {
        this.#watch = this.#options.store.watch('', this.#revision);
        for await (const changes of this.#watch) this.#tell(changes, changes[0]?.revision ?? this.#revision);
        return;
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        await this.#load();
      }
    }
  }

  /** Pages may be of different revisions: what is newer than the first is told again by the watch. */
  async #load(): Promise<void> {
    const entries: Entry[] = [];
    let page = await this.#options.store.list('');
    const { revision } = page;
    for (;;) {
      entries.push(...page.entries);
      if (page.next === undefined) break;
      page = await this.#options.store.list('', { after: page.next });
    }
    const found = new Set(entries.map(({ key }) => key));
    const gone = [...this.#written.keys()].filter((key) => !found.has(key));
    this.#tell(
      [
        ...gone.map((key) => ({ key, revision, entry: undefined })),
        ...entries.map((entry) => ({ key: entry.key, revision: entry.modRevision, entry })),
      ],
      revision,
    );
  }

  #tell(changes: readonly Change[], revision: number): void {
    const news = changes.filter((change) => this.#isNews(change));
    for (const { key, entry } of news) {
      if (entry === undefined) this.#written.delete(key);
      else this.#written.set(key, entry.modRevision);
    }
    this.#revision = revision;
    this.#options.onChanges(news, revision);
    for (const waiter of this.#waiting) {
      if (waiter.revision > revision) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  #isNews({ key, revision, entry }: Change): boolean {
    const written = this.#written.get(key);
    if (written === undefined) return entry !== undefined;
    return revision > written;
  }
}
