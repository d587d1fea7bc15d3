import { expect, test } from 'vitest';
import { followServiceStatus, serviceStatus } from '../../../src/agent/service-status.ts';
import { openAgent, openReadyAgent } from '../../kit/agent-bench.ts';

const SILENCE_MS = 60_000;

test('an agent that nobody answers waits for the mapping daemon', () => {
  const { agent } = openAgent();
  expect(serviceStatus(agent)).toBe('waiting for the mapping daemon at 198.18.0.2:7791, 0 of 0 ports up');
});

test('an agent that was refused says why', async () => {
  const { agent, clock, daemon } = openAgent();
  daemon.script.register = () => ({ kind: 'refused', code: 'unknown-host', reason: 'there is no host x' });
  await agent.start();
  await clock.run(50);
  expect(serviceStatus(agent)).toBe('refused by the mapping daemon at 198.18.0.2:7791: there is no host x');
});

test('an agent that is registered counts its ports, and its status is followed until that is ended', async () => {
  const { agent, clock, daemon } = await openReadyAgent();
  const told: string[] = [];
  const end = followServiceStatus(agent, clock, (status) => void told.push(status));
  expect(told).toEqual([expect.stringMatching(/^registered, [1-9] of [1-9] ports up$/)]);
  daemon.isThere = false;
  await clock.run(SILENCE_MS);
  expect(told.at(-1)).toMatch(/^the mapping daemon at 198\.18\.0\.2:7791 is silent, [1-9] of [1-9] ports up$/);
  end();
  const count = told.length;
  await clock.run(SILENCE_MS);
  expect(told).toHaveLength(count);
});
