/**
 * Characters that change what a terminal shows instead of showing something: C0 and C1 controls,
 * line and paragraph separators, and the marks that reorder text (Unicode UAX #9).
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** The text with unprintable characters as `\u` escapes, which are also valid inside a JSON string. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
