/** The label value under which everything past the limit is summed. */
export const OTHER = 'other';

/**
 * Each item with a label value: its name for the first `limit`, then OTHER, so that no cloud, however
 * large, makes more series than a Prometheus server is asked to keep.
 */
export function* withBoundedLabel<T>(
  items: Iterable<T>,
  limit: number,
  nameOf: (item: T) => string,
): Generator<readonly [label: string, item: T]> {
  let named = 0;
  for (const item of items) yield [named++ < limit ? nameOf(item) : OTHER, item];
}
