import { expect, test } from 'vitest';
import { labDocument } from '../../../src/lab/lab-document.ts';
import { planLab } from '../../../src/lab/plan.ts';
import type { CloudRecord } from '../../../src/model/records.ts';

const RECORDS: readonly CloudRecord[] = [{ kind: 'host', spec: { name: 'x', underlay: '198.18.0.1' } }];

test('names every daemon, whether it runs and where, and nothing of how the lab is made', () => {
  const section = { name: 'test', underlay: undefined, mapper: '198.18.0.100', hosts: [] };
  const plan = planLab(RECORDS, section, '/lab');
  const record = { schema: 'netweft.lab-record/v1', file: '/cloud.yaml', plan, identities: {}, processes: {} } as const;
  const daemon = (name: string, underlay: string) => ({
    name,
    state: 'ended',
    underlay,
    namespace: `weft-test-${name}`,
    socket: `/lab/${name}.sock`,
    log: `/lab/${name}.log`,
  });
  expect(labDocument(record)).toEqual({
    schema: 'netweft.lab/v1',
    name: 'test',
    file: '/cloud.yaml',
    bridge: 'weft-test-bridge',
    daemons: [daemon('mapper', '198.18.0.100:7791'), daemon('x', '198.18.0.1:7790')],
    guests: [],
  });
});
