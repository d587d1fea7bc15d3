import { expect, test } from 'vitest';
import { formatMetricsListen, parseMetricsListen } from '../../../src/metrics/metrics-listen.ts';

test.each([
  ['unix:/run/netweft/agent-metrics.sock', { kind: 'unix', path: '/run/netweft/agent-metrics.sock' }],
  ['127.0.0.1:9790', { kind: 'tcp', endpoint: { address: 0x7f000001, port: 9790 } }],
  ['127.1.2.3:1', { kind: 'tcp', endpoint: { address: 0x7f010203, port: 1 } }],
])('%s is understood', (text, listen) => {
  const parsed = parseMetricsListen(text);
  expect(parsed).toEqual(listen);
  expect(parsed && formatMetricsListen(parsed)).toBe(text);
});

test.each([
  '',
  'unix:',
  'unix:relative.sock',
  'unix:/a\0b',
  '/run/netweft/agent-metrics.sock',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:0',
  '127.0.0.1:65536',
  '0.0.0.0:9790',
  '128.0.0.1:9790',
  '126.255.255.255:9790',
  '10.0.0.1:9790',
  'localhost:9790',
  '[::1]:9790',
  ':9790',
  '9790',
])('%j is refused', (text) => {
  expect(parseMetricsListen(text)).toBeUndefined();
});
