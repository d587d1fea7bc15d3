import { expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { USUAL_LIMITS } from '../../../src/mapper/limits.ts';
import { changed, TestCloud, TWO_TENANTS } from './test-cloud.ts';

const MORE = { kind: 'tenant', spec: { name: 'c', gni: 3003 } } as const;

test('a cloud at its limit takes changes, and nothing that would make it larger', async () => {
  const cloud = await TestCloud.open();
  cloud.mapper.setLimits({ ...USUAL_LIMITS, records: TWO_TENANTS.length });
  const refused: unknown = await cloud.mapper.apply([MORE]).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UserError);
  expect(refused).toMatchObject({
    code: 'limit',
    message: `the cloud would have more than ${TWO_TENANTS.length} records`,
  });
  const { results } = await cloud.mapper.apply([changed('tenant', 'a', { gni: 4004 })]);
  expect(results).toMatchObject([{ change: 'changed' }]);
  cloud.mapper.setLimits({ ...USUAL_LIMITS, records: TWO_TENANTS.length + 1 });
  expect((await cloud.mapper.apply([MORE])).results).toMatchObject([{ change: 'created' }]);
});

test('a cloud beyond a lower limit can still be changed', async () => {
  const cloud = await TestCloud.open();
  cloud.mapper.setLimits({ ...USUAL_LIMITS, records: 1 });
  const { results } = await cloud.mapper.apply([changed('tenant', 'a', { gni: 4004 })]);
  expect(results).toMatchObject([{ change: 'changed' }]);
  await expect(cloud.mapper.apply([MORE])).rejects.toThrow('more than 1 records');
});

test('hosts beyond the limit are refused until there is room, and those that are there stay', async () => {
  const cloud = await TestCloud.open();
  cloud.mapper.setLimits({ ...USUAL_LIMITS, hosts: 1 });
  const x = cloud.agent('x', '198.18.0.11');
  const y = cloud.agent('y', '198.18.0.12');
  expect(await x.register()).toMatchObject({ kind: 'registered' });
  expect(await y.register()).toMatchObject({
    kind: 'refused',
    code: 'busy',
    reason: expect.stringMatching(/^1 hosts/),
  });
  expect(await x.register()).toMatchObject({ kind: 'registered' });
  cloud.mapper.setLimits(USUAL_LIMITS);
  expect(await y.register()).toMatchObject({ kind: 'registered' });
});

test('agents are told the heartbeat, and are silent after the time that was set', async () => {
  const cloud = await TestCloud.open();
  cloud.mapper.setLimits({ ...USUAL_LIMITS, heartbeatMs: 4_000, silenceMs: 20_000 });
  const x = cloud.agent('x', '198.18.0.11');
  expect(await x.register()).toMatchObject({ kind: 'registered', heartbeatMs: 4_000 });
  const state = () => cloud.mapper.status().hosts.find(({ name }) => name === 'x')?.state;
  await cloud.clock.pass(19_900);
  expect(state()).toBe('up');
  await cloud.clock.pass(1_000);
  expect(state()).toBe('silent');
});
