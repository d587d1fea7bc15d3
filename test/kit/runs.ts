/** How many times more a property is tried in a full run. */
const FULL_FACTOR = 50;

/** Runs of a property: as many as given, or many more in `scripts/test --full`. */
export function runs(usual: number): number {
  return process.env['WEFT_FULL'] === '1' ? usual * FULL_FACTOR : usual;
}
