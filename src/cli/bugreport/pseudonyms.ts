import { isIPv4, isIPv6 } from 'node:net';
import { formatAddress } from '../../base/ipv4.ts';

/** Which fields of a document hold a name, and of what; `to` and `ingress` name a port or a host. */
const NAMING_FIELDS: Readonly<Record<string, string>> = {
  tenant: 'tenant',
  network: 'network',
  subnet: 'subnet',
  host: 'host',
  guest: 'guest',
  port: 'port',
  device: 'device',
  namespace: 'namespace',
  peer: 'host',
  sender: 'host',
  receiver: 'host',
  to: 'place',
  ingress: 'place',
};
/** Fields with words of Netweft's own, which stay even where something of the customer's has the same name. */
const VOCABULARY_FIELDS = new Set(['schema', 'kind', 'event', 'daemon', 'state', 'outcome', 'framework', 'frameworks']);

const NAME = /^[A-Za-z0-9]\w*(?:[.-]+\w+)*$/;
/** Words that dots and hyphens join; what may be an IPv6 address; an absolute path. */
const WORDS = String.raw`[A-Za-z0-9]\w*(?:[.-]+\w+)*`;
const COLONS = String.raw`(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])`;
const PATH = String.raw`(?<![\w.<])\/[\w@%+.](?:[\w@%+./-]*[\w@%+/-])?`;
const REPLACEABLE = new RegExp(`${COLONS}|${PATH}|${WORDS}`, 'gi');
/** Words of one name, at most. */
const MAX_WORDS = 16;

/** Unspecified, loopback, broadcast. */
const COMMON_ADDRESS = /^(?:0\.0\.0\.0|127\..*|255\.255\.255\.255|::1?)$/;
/** Paths of every installation, and requests of the admin socket. */
const COMMON_PATH =
  /^\/(?:v1|proc|sys|dev)\/|^\/run\/systemd\/system$|^\/etc\/os-release$|^\/(?:run|etc|var\/lib)\/netweft(?:\/(?:mapper|agent))?(?:\/(?:mapper|agent)\.(?:sock|yaml|db))?$/;

/**
 * Other names and addresses in place of a customer's, the same for the same: `port-1` for a port, `10.0.0.1` for an
 * address, `path-1` for a path that not every installation has. Names must be learnt before anything is replaced.
 */
export class Pseudonyms {
  readonly #standIns = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** Everything that the document has in fields for names. */
  learn(document: unknown): void {
    if (typeof document !== 'object' || document === null) return;
    if (Array.isArray(document)) {
      for (const entry of document) this.learn(entry);
      return;
    }
    const { name, kind } = document as { readonly name?: unknown; readonly kind?: unknown };
    if (typeof name === 'string') this.addName(typeof kind === 'string' ? kind : kindOfNamed(document), name);
    for (const [field, value] of Object.entries(document)) {
      const named = NAMING_FIELDS[field];
      // The name of a fast path is one of Netweft's own.
      if (field === 'fastPath') continue;
      const text = (value as { value?: unknown } | null)?.value ?? value;
      if (named !== undefined && typeof text === 'string') this.addName(named, text.replace(/^host /, ''));
      else this.learn(value);
    }
  }

  addName(kind: string, name: string): void {
    if (NAME.test(name) && !isIPv4(name)) this.#standInFor(name, kind);
  }

  replaceText(text: string): string {
    return text.replace(REPLACEABLE, (found) => {
      if (found.startsWith('/')) return COMMON_PATH.test(found) ? found : this.#standInFor(found, 'path');
      return found.includes(':') ? this.#addressOr(found, found) : this.#replaceWords(found);
    });
  }

  /** Names of fields stay. */
  replaceDocument(value: unknown, field = ''): unknown {
    if (typeof value === 'string') return VOCABULARY_FIELDS.has(field) ? value : this.replaceText(value);
    if (Array.isArray(value)) return value.map((entry) => this.replaceDocument(entry, field));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.replaceDocument(inner, name)]));
  }

  /** The longest names first: `blue-web-1` before `blue`. */
  #replaceWords(text: string): string {
    const parts = text.split(/([.-]+)/);
    let replaced = '';
    for (let at = 0; at < parts.length; ) {
      const { length, standIn } = this.#longestName(parts, at);
      replaced += standIn + (parts[at + length] ?? '');
      at += length + 1;
    }
    return replaced;
  }

  /** `length` parts, words and what joins them, from `at` on. One word that is no name stands for itself. */
  #longestName(parts: readonly string[], at: number): { readonly length: number; readonly standIn: string } {
    const most = Math.min(parts.length - at, 2 * MAX_WORDS - 1);
    for (let length = most; length > 0; length -= 2) {
      const text = parts.slice(at, at + length).join('');
      const standIn = this.#standIns.get(text) ?? this.#addressOr(text, undefined);
      if (standIn !== undefined) return { length, standIn };
    }
    return { length: 1, standIn: parts[at] ?? '' };
  }

  #addressOr<T>(text: string, otherwise: T): string | T {
    const isFour = isIPv4(text);
    if (!isFour && !(text.includes(':') && isIPv6(text))) return otherwise;
    if (COMMON_ADDRESS.test(text)) return text;
    return this.#standInFor(text, isFour ? 'IPv4' : 'IPv6');
  }

  #standInFor(text: string, kind: string): string {
    const known = this.#standIns.get(text);
    if (known !== undefined) return known;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    const standIn = standInText(kind, number);
    this.#standIns.set(text, standIn);
    return standIn;
  }
}

function standInText(kind: string, number: number): string {
  if (kind === 'IPv4') return formatAddress(0x0a000000 + number);
  return kind === 'IPv6' ? `fd00::${number.toString(16)}` : `${kind}-${number}`;
}

/** Of the entries of documents that have no `kind`: a host of the mapping daemon, a port of an agent. */
function kindOfNamed(entry: object): string {
  if ('device' in entry) return 'port';
  return 'underlay' in entry ? 'host' : 'name';
}
