/** A YAML file as values that know their lines. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml';
import { AliasTargets } from './alias-targets.ts';
import type { Complaint } from './complaint.ts';
import { LineStarts, type Place, START } from './line-starts.ts';
import { MAX_DEPTH, tooDeepAt } from './yaml-depth.ts';

const TOO_DEEP = `lists and mappings stand more than ${MAX_DEPTH} deep inside one another`;

/** Reads YAML 1.2 without ever throwing; what is not well-formed becomes a complaint. */
export class YamlDocument {
  readonly syntaxComplaints: readonly (Complaint & Place)[];
  /** Whether the values are those that were meant, though a key may stand twice. */
  readonly isWellFormed: boolean;
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #lines: LineStarts;
  readonly #aliases: AliasTargets;

  constructor(text: string) {
    const deepAt = tooDeepAt(text);
    this.#lines = new LineStarts(text);
    this.#document = parseDocument(deepAt === undefined ? text : '', { prettyErrors: false });
    this.#aliases = new AliasTargets(this.#document.contents);
    this.syntaxComplaints =
      deepAt === undefined ? this.#syntaxComplaints() : [{ ...this.#lines.placeAt(deepAt), message: TOO_DEEP }];
    this.isWellFormed =
      deepAt === undefined &&
      this.#aliases.faults.length === 0 &&
      this.#document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  }

  #syntaxComplaints(): (Complaint & Place)[] {
    return [
      ...[...this.#document.errors, ...this.#document.warnings].map((error) => ({
        ...this.#lines.placeAt(error.pos[0]),
        message: `not valid YAML: ${error.message.replace(/\s+/g, ' ')}`,
      })),
      ...this.#aliases.faults.map(({ alias, message }) => ({ ...this.#placeOf(alias, START), message })),
    ];
  }

  /** The whole of the file. */
  get root(): DocumentValue {
    return { ...START, node: this.#document.contents };
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
      ...this.#placeOf(item as Node | null, value),
      node: item as Node | null,
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

  /** The place of what is at `path` below `value`, or of the nearest thing above it that exists. */
  placeAt(value: DocumentValue, path: readonly string[]): Place {
    let { node, line, column } = value;
    for (const step of path) {
      const next = this.#child(this.#resolve(node), step);
      if (next === undefined) break;
      ({ line, column } = this.#placeOf(next.key ?? next.node, { line, column }));
      node = next.node;
    }
    return { line, column };
  }

  #child(parent: Node | null, step: string): { key: Node | undefined; node: Node | null } | undefined {
    if (isSeq(parent)) return { key: undefined, node: (parent.items[Number(step)] as Node | undefined) ?? null };
    if (!isMap(parent)) return undefined;
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === step);
    return pair === undefined ? undefined : { key: pair.key as Node, node: pair.value as Node | null };
  }

  #entryOf(pair: Pair<Node, Node | null>): DocumentEntry {
    return { key: keyText(this.#resolve(pair.key)), value: { ...this.#placeOf(pair.key, START), node: pair.value } };
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (this.#aliases.find(node) ?? null) : node;
  }

  #placeOf(node: Node | null, { line, column }: Place): Place {
    return node?.range == null ? { line, column } : this.#lines.placeAt(node.range[0]);
  }
}

/** A key that is no scalar is not known to anybody. */
function keyText(key: Node | null): string {
  return isScalar(key) ? String(key.value) : String(key ?? '');
}

export interface DocumentValue extends Place {
  readonly node: Node | null;
}

export interface DocumentEntry {
  readonly key: string;
  readonly value: DocumentValue;
}
