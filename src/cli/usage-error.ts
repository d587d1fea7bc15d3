import { printable } from '../base/printable.ts';

/**
 * What commander says of a wrong command line, in the form of every other error: what is wrong and, after a semicolon,
 * what to do. `helpWords` is the command whose help says more, for where commander has nothing to suggest.
 */
export function usageErrorText(said: string, helpWords: string): string {
  const [, wrong = '', suggestion] = /^(?:error: )?([\s\S]*?)(?:\n\(Did you mean ([^\n]*)\?\))?\n?$/.exec(said) ?? [];
  if (suggestion !== undefined) return `weft: ${printable(wrong)}; did you mean ${printable(suggestion)}?\n`;
  const [what = '', wanted] = splitSentences(wrong);
  return `weft: ${printable(what)}; ${printable(wanted ?? `see ${helpWords}`)}\n`;
}

/** Commander puts what is wanted into a sentence of its own, at the end. */
function splitSentences(wrong: string): readonly string[] {
  const parts = /^([\s\S]*(?:is invalid(?: for argument '[^']*')?|for '[^']*'))\. (\S[^\n]*?)\.?$/.exec(wrong);
  if (parts !== null) return [parts[1] ?? '', lowerFirst(parts[2] ?? '')];
  const at = wrong.lastIndexOf('; ');
  return at < 0 ? [wrong] : [wrong.slice(0, at), wrong.slice(at + 2)];
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
