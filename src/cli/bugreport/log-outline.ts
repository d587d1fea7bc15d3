/** `TIME LEVEL component event`, as `src/base/log.ts` writes it. */
const TEXT_LINE = /^\S+ (DEBUG|INFO|WARN|ERROR) +([a-z]+) ([a-z][a-z0-9-]*)(?= |$)/;
/** What the journal puts before a line. */
const JOURNAL_LINE = /^(\d{4}-\d\d-\d\dT\S+) [^:]+: (.*)$/;
const WORD = /^[a-z][a-z0-9-]*$/;

/**
 * What is left of lines of the journal when names may not leave the building: when, how severe, whose, which event. What
 * else they say may name what no record knows any more.
 */
export function logOutline(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : lineOutline(line)))
    .join('\n');
}

function lineOutline(line: string): string {
  const [, time = '-', said = ''] = JOURNAL_LINE.exec(line) ?? [];
  const [, level, component, event] = TEXT_LINE.exec(said) ?? ['', ...jsonWords(said)];
  if (level === undefined) return `${time} (text left out)`;
  return `${time} ${level} ${component} ${event} (fields left out)`;
}

function jsonWords(said: string): readonly string[] {
  try {
    const { level, component, event } = JSON.parse(said) as Readonly<Record<string, unknown>>;
    const words = [level, component, event].map(String);
    return words.every((word) => WORD.test(word)) ? words : [];
  } catch {
    return [];
  }
}
