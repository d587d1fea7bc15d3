/** Requests of man(7) that both mandoc and groff know. Texts are plain; what roff would read in them is escaped here. */

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\e'],
  ['-', '\\-'],
  ["'", '\\(aq'],
  ['`', '\\(ga'],
  ['^', '\\(ha'],
  ['~', '\\(ti'],
]);

/** Text as it stands, also at the beginning of a line. */
export function plain(text: string): string {
  const escaped = text.replace(/[\\\-'`^~]|[^\t\n -~]/gu, (char) => ESCAPES.get(char) ?? unicode(char));
  return escaped.replace(/^(?=[.'])/gm, '\\&');
}

export function bold(text: string): string {
  return `\\fB${plain(text)}\\fP`;
}

export function italic(text: string): string {
  return `\\fI${plain(text)}\\fP`;
}

/** Prose: code between backquotes and options are bold. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]+`|(?<![\w-])--[a-z][a-z-]*)/)
    .map((part, index) => (index % 2 === 0 ? plain(part) : bold(part.replace(/`/g, ''))))
    .join('');
}

export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

/** A heading inside a section; `title` is roff already. */
export function subsection(title: string, lines: readonly string[]): readonly string[] {
  return [`.SS ${title}`, ...lines];
}

/** Paragraphs of roff; the first one follows its heading directly. */
export function joinParagraphs(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.filter((part) => part.length > 0).flatMap((part, index) => (index === 0 ? part : ['.PP', ...part]));
}

/** Terms with what they mean; both are roff already. */
export function definitions(entries: readonly (readonly [term: string, meaning: string])[]): readonly string[] {
  return entries.flatMap(([term, meaning]) => ['.TP', term, meaning]);
}

/** Lines that keep their breaks, in a fixed width. */
export function literal(text: string): readonly string[] {
  return ['.EX', ...plain(text).split('\n'), '.EE'];
}

function unicode(char: string): string {
  return `\\[u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
}
