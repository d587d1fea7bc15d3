/** The cloud of the tests that forge: two tenants, an outsider on the underlay, honest traffic all the while. */
import type { AgreementEntry, AgreementsDocument } from '../../../src/admin/documents.ts';
import { DEFAULT_UNDERLAY_PORT } from '../../../src/model/records.ts';
import { agreementOf, type Claim } from './forged-claim.ts';
import { ForgeryWatch } from './forgery-watch.ts';
import { Outsider } from './outsider.ts';
import { answerProbes, lostNumbers, Probe } from './probe.ts';
import { type TestCloud, twoTenants } from './test-cloud.ts';
import type { TestLab } from './test-lab.ts';
import { until } from './until.ts';

const LIMIT_MS = 15_000;
const PROBES_PER_SECOND = 100;
/** Guests of tenant a on hosts x and y, whose kernels talk. */
const SPEAKER = { name: 'a31', address: '10.1.2.31', host: 'x' };
const ANSWERER = { name: 'a51', address: '10.1.2.51', host: 'y' };

export interface ForgeryScene {
  readonly lab: TestLab;
  readonly outsider: Outsider;
  /** Of host y. */
  readonly watch: ForgeryWatch;
  readonly agreements: readonly AgreementEntry[];
  /** What host x says to host y when a30 says something to a50. */
  readonly good: Claim;
  /** Ends the honest traffic, and returns the numbers of what it lost and how many there were. */
  stopHonest(): Promise<{ lost: number[]; sent: number }>;
}

interface Extra {
  readonly name: string;
  readonly address: string;
  readonly host: string;
}

/** Two tenants, the guests of the honest traffic, and `extra` guests of tenant a. */
export function forgeryCloud(purpose: string, extra: readonly Extra[] = []): TestCloud {
  const cloud = twoTenants(purpose);
  const more = [SPEAKER, ANSWERER, ...extra].map(({ name, address, host }) => {
    return { name, tenant: 'a', host, addresses: [address], namespace: `${cloud.name}-${name}` };
  });
  return { ...cloud, ports: [...cloud.ports, ...more] };
}

/** `lab` is up. Guests that are `unwatched` may lose their devices. */
export async function forgeryScene(lab: TestLab, unwatched: readonly string[] = []): Promise<ForgeryScene> {
  const outsider = await Outsider.attach(lab);
  await answerProbes(lab, ANSWERER.name);
  const probe = new Probe(lab, SPEAKER.name, ANSWERER.name, PROBES_PER_SECOND);
  await probe.untilAnswered(LIMIT_MS);
  const established = probe.sent;
  const watch = await ForgeryWatch.start(lab, {
    outsider,
    target: 'y',
    honest: ANSWERER.address,
    speaking: [SPEAKER.name, ANSWERER.name],
    unwatched,
  });
  const agreements = await agreeAll(lab, watch);
  const stopHonest = async () => {
    const probed = await probe.stop();
    return { lost: lostNumbers(probed, established), sent: probed.sent - established };
  };
  return { lab, outsider, watch, agreements, good: goodClaim(lab, agreements), stopHonest };
}

function goodClaim(lab: TestLab, agreements: readonly AgreementEntry[]): Claim {
  const { id, framework } = agreementOf(agreements, 'x', 'y');
  return {
    from: `${lab.cloud.hosts['x']}:${DEFAULT_UNDERLAY_PORT}`,
    to: lab.cloud.hosts['y'] ?? '',
    framework,
    agreement: id,
    gnis: [1001, 1001],
    labels: [],
    source: '10.1.2.30',
    destination: '10.1.2.50',
    number: 1,
  };
}

export async function readAgreements(lab: TestLab): Promise<readonly AgreementEntry[]> {
  return (await lab.read<AgreementsDocument>('mapper', 'netweft.agreements/v1', '/v1/agreements')).agreements;
}

/** Lets a guest of every host say something to one of every other host. */
async function agreeAll(lab: TestLab, watch: ForgeryWatch): Promise<readonly AgreementEntry[]> {
  for (const [from, to] of [
    ['a30', 'a50'],
    ['b70', 'b50'],
    ['b70', 'b30'],
  ] as const) {
    await watch.cross(from, to);
  }
  return until('every pair of hosts agrees', LIMIT_MS, async () => {
    const agreements = await readAgreements(lab);
    return agreements.length === 6 ? agreements : undefined;
  });
}
