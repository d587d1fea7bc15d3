/** A YAML file as values that know their lines. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { AliasTargets } from './alias-targets.ts';

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
  readonly #aliases: AliasTargets;

  constructor(text: string) {
    this.#lines = new LineCounter();
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    this.#aliases = new AliasTargets(this.#document.contents);
    this.syntaxComplaints = [
      ...[...this.#document.errors, ...this.#document.warnings].map((error) => ({
        line: this.#lineAt(error.pos[0]),
        message: `not valid YAML: ${error.message.replace(/\s+/g, ' ')}`,
      })),
      ...this.#aliases.faults.map(({ alias, message }) => ({ line: this.#lineOf(alias, 1), message })),
    ];
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

  isEmpty(value: DocumentValue): boolean {
    const node = this.#resolve(value.node);
    return node === null || (isScalar(node) && node.value === null);
  }

  /** The value as JSON would have it. */
  plain(value: DocumentValue): unknown {
    return this.#plain(value.node);
  }

  #plain(part: Node | null): unknown {
    const node = this.#resolve(part);
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map((item) => this.#plain(item as Node | null));
    if (!isMap(node)) return null;
    const pairs = node.items as Pair<Node, Node | null>[];
    return Object.fromEntries(pairs.map(({ key, value }) => [keyText(this.#resolve(key)), this.#plain(value)]));
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
    return { key: keyText(this.#resolve(pair.key)), value: { node: pair.value, line: this.#lineOf(pair.key, 1) } };
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (this.#aliases.find(node) ?? null) : node;
  }

  #lineOf(node: Node | null, otherwise: number): number {
    return node?.range == null ? otherwise : this.#lineAt(node.range[0]);
  }

  #lineAt(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }
}

/** A key that is no scalar is not known to anybody. */
function keyText(key: Node | null): string {
  return isScalar(key) ? String(key.value) : String(key ?? '');
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
