import type { MetricsRegistry, Sample } from '../../metrics/registry.ts';
import { KINDS } from '../../model/records.ts';
import type { Mapper } from '../mapper.ts';

/** The cloud as the mapping daemon knows it. */
export function addCloudMetrics(registry: MetricsRegistry, mapper: Mapper): void {
  const { state, parts } = mapper;
  const { sessions } = parts;
  registry.gauge({ name: 'netweft_mapper_records', help: 'Records by kind.', labels: ['kind'] }, () =>
    KINDS.map((kind): Sample => [{ kind }, state.cloud.count(kind)]),
  );
  registry.gauge(
    {
      name: 'netweft_mapper_hosts',
      help: 'Recorded hosts: `up`, `silent` (not heard any more), `absent` (never heard).',
      labels: ['state'],
    },
    () => {
      const hosts = state.cloud.ofKind('host').map(({ spec }) => mapper.hostState(spec.name));
      return (['up', 'silent', 'absent'] as const).map((one): Sample => {
        return [{ state: one }, hosts.filter((found) => found === one).length];
      });
    },
  );
  registry.gauge({ name: 'netweft_mapper_sessions', help: 'Registered agents.' }, () => sessions.all().length);
  registry.counter(
    { name: 'netweft_mapper_sessions_opened_total', help: 'Sessions that began.' },
    () => sessions.counters.opened,
  );
  registry.counter(
    { name: 'netweft_mapper_sessions_ended_total', help: 'Sessions that ended, by why.', labels: ['why'] },
    () => {
      const { opened: _, ...ended } = sessions.counters;
      return Object.entries(ended).map(([why, count]): Sample => [{ why }, count]);
    },
  );
  registry.gauge({ name: 'netweft_mapper_agreements', help: 'Agreements, draining ones included.' }, () => {
    return state.agreements.count;
  });
  registry.counter(
    {
      name: 'netweft_mapper_agreement_changes_total',
      help: 'Agreements `made`, `activated` and `removed`, and changes that the store did not take (`failed`).',
      labels: ['change'],
    },
    () => Object.entries(parts.agreements.counters).map(([change, count]): Sample => [{ change }, count]),
  );
}
