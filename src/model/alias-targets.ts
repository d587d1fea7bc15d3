import { type Alias, isAlias, isCollection, isPair, type Node } from 'yaml';

/** An alias may not multiply a file's size: nodes that all aliases together stand for. */
const MAX_ALIASED_NODES = 100_000;

/** An alias that cannot be read. */
export interface AliasFault {
  readonly alias: Alias;
  readonly message: string;
}

/** What every alias of a document stands for, found in one pass; each stands for what is before it. */
export class AliasTargets {
  readonly faults: AliasFault[] = [];
  readonly #targets = new Map<Alias, Node>();
  /** The latest node with each anchor so far, and how many nodes it is with its aliases written out. */
  readonly #anchors = new Map<string, { readonly node: Node; size: number | undefined }>();
  #aliased = 0;

  constructor(root: Node | null) {
    this.#visit(root);
  }

  find(alias: Alias): Node | undefined {
    return this.#targets.get(alias);
  }

  #visit(part: unknown): number {
    if (isAlias(part)) return this.#visitAlias(part);
    if (isPair(part)) return this.#visit(part.key) + this.#visit(part.value);
    if (!isCollection(part)) {
      this.#note(part as Node | null);
      return 1;
    }
    const anchor = this.#note(part);
    let size = 1;
    for (const item of part.items) size += this.#visit(item);
    if (anchor !== undefined) anchor.size = size;
    return size;
  }

  /** Anchors of collections are known before what is in them, which may not name them. */
  #note(node: Node | null): { size: number | undefined } | undefined {
    const name = (node as { anchor?: string } | null)?.anchor;
    if (node === null || name === undefined) return undefined;
    const anchor = { node, size: isCollection(node) ? undefined : 1 };
    this.#anchors.set(name, anchor);
    return anchor;
  }

  #visitAlias(alias: Alias): number {
    const anchor = this.#anchors.get(alias.source);
    const shown = JSON.stringify(alias.source.slice(0, 64));
    if (anchor === undefined) return this.#fault(alias, `there is no anchor ${shown} before this alias of it`);
    if (anchor.size === undefined) {
      return this.#fault(alias, `the alias of ${shown} stands inside what it stands for; write the value out`);
    }
    this.#aliased += anchor.size;
    if (this.#aliased > MAX_ALIASED_NODES) {
      return this.#fault(alias, `aliases stand for more than ${MAX_ALIASED_NODES} values; write some of them out`);
    }
    this.#targets.set(alias, anchor.node);
    return anchor.size;
  }

  #fault(alias: Alias, message: string): number {
    this.faults.push({ alias, message });
    return 0;
  }
}
