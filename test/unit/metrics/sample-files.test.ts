/** What packaging/ and the manual say of metrics fits together. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const PROMETHEUS = 'packaging/prometheus/netweft.yml';

function endpoints(file: string, pattern: RegExp): string[] {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => match[1] ?? '');
}

test.each(['mapper', 'agent'])(
  'the port of the sample configuration is the one that Prometheus scrapes: %s',
  (daemon) => {
    const [scraped, ...others] = endpoints(
      PROMETHEUS,
      new RegExp(`job_name: netweft-${daemon}\\n[^[]*targets: \\['(.*)'\\]`, 'g'),
    );
    expect(scraped).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(others).toEqual([]);
    expect(endpoints(`packaging/config/${daemon}.yaml`, /^# metrics: (127.*)$/gm)).toEqual([scraped]);
    expect(endpoints(PROMETHEUS, new RegExp(`weft ${daemon} +--metrics (127.*)`, 'g'))).toEqual([scraped]);
  },
);

test('a socket is where the unit lets its daemon make one', () => {
  for (const file of ['docs/metrics.md', PROMETHEUS, 'packaging/config/agent.yaml', 'packaging/config/mapper.yaml']) {
    const sockets = endpoints(file, /(\/run\/netweft\/[\w./-]*metrics[\w.-]*)/g);
    expect(sockets).not.toEqual([]);
    for (const socket of sockets) expect(socket).toMatch(/^\/run\/netweft\/(?:agent|mapper)\/metrics\.sock$/);
  }
});
