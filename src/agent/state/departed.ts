/** Names that are remembered; the oldest go first. */
const MAX_DEPARTED = 4096;

/**
 * What was said to be gone, with the revision at which it went: an answer that was on its way
 * meanwhile must not bring it back.
 */
export class Departed<Name extends string | number> {
  readonly #revisions = new Map<Name, number>();

  remember(name: Name, revision: number): void {
    const latest = Math.max(revision, this.#revisions.get(name) ?? 0);
    this.#revisions.delete(name);
    const [oldest] = this.#revisions.keys();
    if (this.#revisions.size >= MAX_DEPARTED && oldest !== undefined) this.#revisions.delete(oldest);
    this.#revisions.set(name, latest);
  }

  /** Reports whether something of this revision is older than the name's departure. */
  isOlder(name: Name, revision: number): boolean {
    return revision < (this.#revisions.get(name) ?? 0);
  }

  /** Revisions count anew. */
  clear(): void {
    this.#revisions.clear();
  }
}
