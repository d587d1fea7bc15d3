/** Which framework version one host sends to another: the policy of this release. Pure. */

interface Version {
  readonly name: string;
  readonly family: string;
  readonly major: number;
  readonly minor: number;
}

/**
 * The highest version that both have of the family that the sender ranks best; families of which
 * they have no version in common are passed over. `undefined` when nothing is left. Both lists are
 * `family/major.minor`, the best family first; what is not of this form is ignored.
 */
export function selectFramework(sender: readonly string[], receiver: readonly string[]): string | undefined {
  const common = sender.filter((name) => receiver.includes(name)).flatMap(parseVersion);
  const ranking = sender.flatMap(parseVersion).map(({ family }) => family);
  const best = ranking.find((family) => common.some((version) => version.family === family));
  const candidates = common.filter(({ family }) => family === best);
  return candidates.toSorted((a, b) => b.major - a.major || b.minor - a.minor)[0]?.name;
}

function parseVersion(name: string): Version[] {
  const match = /^([a-z][a-z0-9-]*)\/(\d+)\.(\d+)$/.exec(name);
  if (match === null) return [];
  const [, family = '', major, minor] = match;
  return [{ name, family, major: Number(major), minor: Number(minor) }];
}
