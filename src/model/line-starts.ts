/** Where something starts: lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export const START: Place = { line: 1, column: 1 };

/** The lines of a text. (That of `yaml` misses some where the text is broken.) */
export class LineStarts {
  readonly #length: number;
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#length = text.length;
    this.#starts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  /** The place of a character; of those beyond the end, the end. */
  placeAt(offset: number): Place {
    const wanted = Math.min(offset, this.#length);
    let [first, last] = [0, this.#starts.length - 1];
    while (first < last) {
      const middle = Math.ceil((first + last) / 2);
      if ((this.#starts[middle] ?? 0) <= wanted) first = middle;
      else last = middle - 1;
    }
    return { line: first + 1, column: wanted - (this.#starts[first] ?? 0) + 1 };
  }
}
