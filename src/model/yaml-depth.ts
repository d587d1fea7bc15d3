import { CST, Lexer, Parser } from 'yaml';

/** Collections inside one another, however they are written; no file of ours needs a fifth of it. */
export const MAX_DEPTH = 50;

/**
 * Where the text first nests collections too deeply, a character's position; `undefined` where it
 * does not. What composes nodes calls itself for each level, so depth is bounded before it begins.
 */
export function tooDeepAt(text: string): number | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // Its tokens are not wanted, but have to be taken: the parser works while it is asked for them.
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH && parser.stack.filter(CST.isCollection).length > MAX_DEPTH)
      return parser.offset;
  }
  return undefined;
}
