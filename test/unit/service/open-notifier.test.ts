import { expect, test } from 'vitest';
import { openNotifier } from '../../../src/service/open-notifier.ts';
import { recordedLog } from '../../kit/recorded-log.ts';
import { RUN_MARK } from '../../kit/run-mark.ts';

test('where nobody wants to know there is no notifier', () => {
  expect(openNotifier(() => undefined, recordedLog())).toBeUndefined();
});

test.each([
  [`/nowhere/netweft-${RUN_MARK}`, 'ENOENT'],
  [`@netweft-${RUN_MARK}`, 'ECONNREFUSED'],
  [`/${'x'.repeat(200)}`, 'EINVAL'],
])('a socket that cannot be reached (%s) is told once', (socket, error) => {
  const log = recordedLog();
  const notifier = openNotifier((name) => (name === 'NOTIFY_SOCKET' ? socket : undefined), log);
  notifier?.ready();
  notifier?.status('up');
  notifier?.stopping();
  expect(log.events).toEqual([{ level: 'warn', event: 'notify-failed', fields: { socket, error } }]);
});
