import type { MetricsRegistry, Sample } from '../../metrics/registry.ts';
import type { ControlFace } from '../admin-routes.ts';
import type { Mapper } from '../mapper.ts';

/** What agents ask, what they are told, and what came from strangers. */
export function addAgentFacingMetrics(registry: MetricsRegistry, mapper: Mapper, control: ControlFace): void {
  const { convergence, lookups, service, sessions, subscriptions } = mapper.parts;
  const counter = (name: string, help: string, read: () => number) =>
    registry.counter({ name: `netweft_mapper_${name}`, help }, read);
  const gauge = (name: string, help: string, read: () => number) =>
    registry.gauge({ name: `netweft_mapper_${name}`, help }, read);

  registry.counter(
    { name: 'netweft_mapper_requests_total', help: 'Requests of agents, without repetitions.', labels: ['request'] },
    () => Object.entries(service.requests).map(([request, count]): Sample => [{ request }, count]),
  );
  counter('refusals_total', 'Requests that were refused.', () => service.counters.refused);
  counter('reports_failed_total', 'Reports that the store did not take.', () => service.counters.failed);
  counter('lookups_total', 'Look-ups that agents asked for; each names up to 32 mappings.', () => {
    return lookups.counters.lookups;
  });
  counter('lookups_held_total', 'Look-ups that had to wait for an agreement.', () => lookups.counters.lookupsHeld);
  counter('lookups_hold_expired_total', 'Those that waited in vain.', () => lookups.counters.holdsExpired);
  counter('lookups_refused_total', 'Look-ups refused, because too many waited.', () => lookups.counters.lookupsRefused);
  gauge('lookups_held', 'Look-ups that wait for an agreement now.', () => lookups.held);
  gauge('subscriptions', 'Mappings of which agents hear changes.', () =>
    sum(sessions.all().map((session) => subscriptions.countOf(session))),
  );
  gauge('pending_pushes', 'Items that agents have not acknowledged.', () =>
    sum(sessions.all().map((session) => session.pendingPushes)),
  );
  gauge('changes_under_way', 'Changes that some agent has not acknowledged.', () => convergence.underWay);
  gauge('oldest_change_seconds', 'How long the oldest of these is under way.', () => convergence.oldestSeconds);
  counter('datagrams_total', 'Datagrams that arrived.', () => service.counters.datagrams);
  registry.counter(
    {
      name: 'netweft_mapper_bad_datagrams_total',
      help: 'Datagrams that are of no agent, or of a session that is over.',
      labels: ['why'],
    },
    () => [
      [{ why: 'undecodable' }, service.counters.undecodable],
      [{ why: 'unexpected' }, service.counters.unexpected],
      [{ why: 'unknown-session' }, service.counters.unknownSession],
      [{ why: 'unanswerable' }, control.counters.unanswerable],
    ],
  );
  counter('unsent_datagrams_total', 'Datagrams that the kernel did not take.', () => control.counters.unsent);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
