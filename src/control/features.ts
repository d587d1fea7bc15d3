/**
 * What an agent knows beyond the first release. It is said as the build metadata of its version
 * (`0.2.0+trace`), which daemons of every release accept: nothing new is sent to an agent that does not say so.
 */
export type Feature = 'trace';

const FEATURES: readonly Feature[] = ['trace'];

/** What the agent registers as. */
export function versionWithFeatures(version: string): string {
  return [version, ...FEATURES].reduce((text, feature) => text + (text.includes('+') ? '.' : '+') + feature);
}

/** What an agent registered as: its version without its features, and these. */
export function splitVersion(registered: string): { version: string; features: ReadonlySet<Feature> } {
  const [version = '', metadata = ''] = registered.split('+', 2);
  const words = metadata === '' ? [] : metadata.split('.');
  const isFeature = (word: string): word is Feature => FEATURES.some((feature) => feature === word);
  const rest = words.filter((word) => !isFeature(word));
  return {
    version: rest.length === 0 ? version : `${version}+${rest.join('.')}`,
    features: new Set(words.filter(isFeature)),
  };
}
