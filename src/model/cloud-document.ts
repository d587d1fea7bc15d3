/** A YAML file as values that know their lines. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';

/** An alias may not multiply a file's size: so many are resolved at most. */
const MAX_ALIASES = 100;

/** What is wrong, and where: lines count from 1. */
export interface Complaint {
  readonly line: number;
  readonly message: string;
}

/** Reads YAML without ever throwing; what is not well-formed becomes a complaint. */
export class CloudDocument {
  readonly syntaxComplaints: readonly Complaint[];
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #lines: LineCounter;

  constructor(text: string) {
    this.#lines = new LineCounter();
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    this.syntaxComplaints = [...this.#document.errors, ...this.#document.warnings].map((error) => ({
      line: this.#lineAt(error.pos[0]),
      message: `not valid YAML: ${error.message.replace(/\s+/g, ' ')}`,
    }));
  }

  /** The keys and values of the top level; `undefined` when it is not a mapping. */
  sections(): DocumentEntry[] | undefined {
    const root = this.#resolve(this.#document.contents);
    if (!isMap(root)) return undefined;
    return root.items.map((pair) => this.#entryOf(pair as Pair<Node, Node | null>));
  }

  /** The items of a list with their lines; `undefined` when the value is not a list. */
  items(value: DocumentValue): DocumentValue[] | undefined {
    const list = this.#resolve(value.node);
    if (!isSeq(list)) return undefined;
    return list.items.map((item) => ({
      node: item as Node | null,
      line: this.#lineOf(item as Node | null, value.line),
    }));
  }

  /** The value as JSON would have it. Throws ReferenceError for aliases without end. */
  plain(value: DocumentValue): unknown {
    return value.node === null ? null : value.node.toJS(this.#document, { maxAliasCount: MAX_ALIASES });
  }

  /** The line of what is at `path` below `value`, or of the nearest thing above it that exists. */
  lineAt(value: DocumentValue, path: readonly string[]): number {
    let { node, line } = value;
    for (const step of path) {
      const next = this.#child(this.#resolve(node), step);
      if (next === undefined) return line;
      line = this.#lineOf(next.key ?? next.node, line);
      node = next.node;
    }
    return line;
  }

  #child(parent: Node | null, step: string): { key: Node | undefined; node: Node | null } | undefined {
    if (isSeq(parent)) return { key: undefined, node: (parent.items[Number(step)] as Node | undefined) ?? null };
    if (!isMap(parent)) return undefined;
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === step);
    return pair === undefined ? undefined : { key: pair.key as Node, node: pair.value as Node | null };
  }

  #entryOf(pair: Pair<Node, Node | null>): DocumentEntry {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    return { key, value: { node: pair.value, line: this.#lineOf(pair.key, 1) } };
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }

  #lineOf(node: Node | null, otherwise: number): number {
    return node?.range == null ? otherwise : this.#lineAt(node.range[0]);
  }

  #lineAt(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }
}

export interface DocumentValue {
  readonly node: Node | null;
  /** Where it starts. */
  readonly line: number;
}

export interface DocumentEntry {
  readonly key: string;
  readonly value: DocumentValue;
}
