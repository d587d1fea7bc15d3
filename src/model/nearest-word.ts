/** Words shorter than this are near to anything short: a hint would be a guess. */
const MIN_COMPARED_LENGTH = 3;
/** Words longer than this are not compared: they are no typing mistake of a key or a kind. */
const MAX_COMPARED_LENGTH = 64;
/** Candidates that one word is compared with: comparing takes time, and the answer is only a hint. */
const MAX_CANDIDATES = 256;

/** The candidate that `word` is most likely a mistyped form of; `undefined` when none is close. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < MIN_COMPARED_LENGTH || word.length > MAX_COMPARED_LENGTH) return undefined;
  const farthest = Math.max(1, Math.floor(word.length / 3));
  return nearest(word, plausible(word, candidates, farthest), farthest);
}

/** Those of a length that fits; of too many, those that begin or end as the word does. */
function plausible(word: string, candidates: readonly string[], farthest: number): readonly string[] {
  const fitting = candidates.filter(({ length }) => Math.abs(length - word.length) <= farthest);
  if (fitting.length <= MAX_CANDIDATES) return fitting;
  const third = Math.ceil(word.length / 3);
  const [head, tail] = [word.slice(0, third), word.slice(-third)];
  const close = fitting.filter((candidate) => candidate.endsWith(tail));
  if (close.length === 0) close.push(...fitting.filter((candidate) => candidate.startsWith(head)));
  return close.slice(0, MAX_CANDIDATES);
}

function nearest(word: string, candidates: readonly string[], farthest: number): string | undefined {
  let best: string | undefined;
  let bestDistance = farthest + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions and replacements of one character, and exchanges of two neighbours. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const inserted = (current[column - 1] ?? 0) + 1;
      const deleted = (previous[column] ?? 0) + 1;
      const isExchange = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const exchanged = isExchange ? (beforePrevious[column - 2] ?? Infinity) + 1 : Infinity;
      current.push(Math.min(replaced, inserted, deleted, exchanged));
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
