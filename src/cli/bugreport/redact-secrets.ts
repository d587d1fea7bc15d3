/** What stands in place of a secret. No rule below finds anything across it. */
export const REDACTED = '<redacted>';

const WORDS =
  'pass[_-]?(?:word|wd|phrase|code)|\\bpass\\b|_pass\\b|\\bsig(?:nature)?\\b|pwd|secret|token|credential|psk|authorization|cookie';
/** Of names in JSON: what those of secrets contain, or end with. */
const SECRET_NAME = new RegExp(`${WORDS}|keys?\\d*$`, 'i');
/** The same in text. */
const NAME = String.raw`(?:(?:${WORDS})[\w.-]{0,64}|keys?\d*)`;
/** In quotes, which backslashes precede where JSON stands in JSON; to the end of the text where the last one is missing. */
const QUOTED = String.raw`(?:"(?:[^"\\]|\\.)*"?|(?<escape>\\+)"[\s\S]*?(?:\k<escape>"|$)|'[^']*'?)`;

/** `name=value` */
const WORD = new RegExp(String.raw`(${NAME}=)${QUOTED}?\S*`, 'gi');
/** `name: value` and `name = value`, which have the rest of the line. */
const LINE = new RegExp(String.raw`(${NAME}(?:[ \t]*:\s*|[ \t]+=[ \t]*))\S[^\r\n]*`, 'gi');
/** `"name": value` */
const MEMBER = new RegExp(String.raw`(${NAME}\\*["']\s*[:=]\s*)(${QUOTED}|\[[^\]]*\]?|\{[^}]*\}?|[^\s,;}\]]+)`, 'gi');
/** `--token abc` and `Bearer abc` */
const AFTER_SPACE = /((?:--[\w-]{0,64}(?:pass|password|passphrase|secret|token|key)|\b(?:bearer|basic))[ \t]+)\S+/gi;
/** To the end of the text where the end of the block is missing. */
const PEM = /-----BEGIN[\s\S]*?(?:-----END[^-\n]*-----|$)/g;
/** Tokens that say by their first letters what they are: of code hosts, clouds, chats. */
const PREFIXED_TOKEN =
  /\b(?:gh[oprsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}|xox[abeprs]-[\w-]{10,}|sk-[\w-]{20,})/g;
/** 16 bytes and more. */
const HEX_RUN = /\b[0-9a-f]{32,}\b/gi;
const JSON_WEB_TOKEN = /\beyJ[\w-]{8,2048}\.[\w-]+\.[\w-]*/g;
const URL_USER = /(\b[a-z][a-z0-9+.-]{0,32}:\/\/)[^\s/@]+@/gi;
const HEX_PAIRS = /\b(?:[0-9a-f]{2}[:\s-]){31,}[0-9a-f]{2}\b/gi;
/** 32 bytes in base64 have 43 characters; lines of their own that follow are more of the same. */
const RUN = /[\w+/-]{43,}={0,2}(?:(?:\\r|\\n|\r?\n)[A-Za-z0-9+/]+={0,2}(?=\\|["\r\n]|$))*/g;
const UNBROKEN = /[A-Za-z0-9]{43,}/;

/**
 * The text with everything that looks like a key, a password or a token replaced: PEM blocks, fields whose name says so,
 * tokens, and runs of hexadecimal digits of 16 bytes or of base64 of 32 bytes and more. What it returns, it leaves as it is.
 */
export function redactSecrets(text: string): string {
  // Each pass that changes anything leaves less text outside of REDACTED, so there is a last one.
  for (let before = text; ; ) {
    const after = redactOnce(before);
    if (after === before) return after;
    before = after;
  }
}

/** The same for a JSON value: each text and each name in it, and as a whole the value of a name that says so. */
export function redactDocument(value: unknown): unknown {
  if (typeof value === 'string') return redactSecrets(value);
  if (Array.isArray(value)) return value.map(redactDocument);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(redactMember));
}

function redactMember([name, value]: [string, unknown]): [string, unknown] {
  const saysNothing = value === null || typeof value === 'boolean';
  return [redactSecrets(name), SECRET_NAME.test(name) && !saysNothing ? REDACTED : redactDocument(value)];
}

function redactOnce(text: string): string {
  return text
    .replace(PEM, REDACTED)
    .replace(WORD, `$1${REDACTED}`)
    .replace(LINE, `$1${REDACTED}`)
    .replace(MEMBER, (_, name: string, value: string) => {
      const quotes = /^\\*["']/.exec(value)?.[0] ?? '';
      return `${name}${quotes}${REDACTED}${quotes}`;
    })
    .replace(AFTER_SPACE, `$1${REDACTED}`)
    .replace(JSON_WEB_TOKEN, REDACTED)
    .replace(PREFIXED_TOKEN, REDACTED)
    .replace(HEX_RUN, REDACTED)
    .replace(URL_USER, `$1${REDACTED}@`)
    .replace(HEX_PAIRS, REDACTED)
    .replace(RUN, (run) => (isSecretRun(run) ? REDACTED : run));
}

/** Names and paths may be as long, but keep to one case and have separators. */
function isSecretRun(run: string): boolean {
  return UNBROKEN.test(run) || (/[a-z]/.test(run) && /[A-Z]/.test(run));
}
