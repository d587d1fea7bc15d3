import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const UNITS = 'packaging/systemd';

/** The unit without the comment at its head. */
function body(file: string): string {
  const text = readFileSync(`${UNITS}/${file}`, 'utf8');
  return text.slice(text.indexOf('[Unit]'));
}

test('the agent and one of several agents differ in their names alone', () => {
  const one = body('netweft-agent@.service').replaceAll('-%i', '').replaceAll(' %i', '');
  expect(one).not.toContain('%i');
  expect(one).toBe(body('netweft-agent.service'));
});

test('the manual has a line for every drop-in, and none for another', () => {
  const manual = readFileSync('docs/operations.md', 'utf8');
  const named = [...manual.matchAll(/`([a-z-]+\.conf)`(?=[^\n]* \|)/g)].map((match) => match[1] ?? '');
  expect(new Set(named)).toEqual(new Set(readdirSync(`${UNITS}/examples`)));
});

test("the manual's agent in a namespace has the privileges of the unit's", () => {
  const manual = readFileSync('docs/operations.md', 'utf8');
  const [, capabilities = ''] = /^CapabilityBoundingSet=(.*)$/m.exec(body('netweft-agent.service')) ?? [];
  expect(capabilities).toContain('CAP_NET_ADMIN');
  for (const property of ['AmbientCapabilities', 'CapabilityBoundingSet']) {
    expect(manual).toContain(`-p ${property}='${capabilities}'`);
  }
});
