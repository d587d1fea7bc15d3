import { printable } from './printable.ts';

/** A value as lines of text have it: bare where it is one plain word, else as JSON. */
export function textValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isPlain = /^[^\s"=\\]+$/.test(text) || typeof value !== 'string';
  return printable(isPlain ? text : JSON.stringify(text));
}
