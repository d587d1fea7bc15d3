/** What a report says of the daemons' configuration, and of their metrics. */
import type { ConfigCheckDocument } from '../../config/config-document.ts';
import type { ReportCollector, ReportItem } from './report-collector.ts';
import type { ReportMachine } from './report-machine.ts';

const FOLDER = '/etc/netweft';
/** The files of the services, see `packaging/systemd`. */
const FILE = /^(?:mapper|agent(?:-[^/]+)?)\.yaml$/;
const MAX_FILES = 16;

/** Returns where these files have metrics served. */
export async function collectConfigs(machine: ReportMachine, collector: ReportCollector): Promise<readonly string[]> {
  const found = await machine.listFolder(FOLDER).catch(() => []);
  const names = found.filter((name) => FILE.test(name)).toSorted();
  const metrics: string[] = [];
  for (const [index, name] of names.slice(0, MAX_FILES).entries()) {
    const path = `${FOLDER}/${name}`;
    await collector.take({
      file: `config-${index + 1}.json`,
      asked: `weft config check ${path}`,
      read: async () => {
        const { daemon, settings } = await machine.readConfig(path);
        const listen = settings.find(({ key }) => key === 'metrics')?.value;
        if (typeof listen === 'string') metrics.push(listen);
        return { daemon, settings: byKey(settings) };
      },
    });
  }
  return metrics;
}

export function metricsItems(machine: ReportMachine, places: ReadonlySet<string>): ReportItem[] {
  return [...places].map((listen, index) => ({
    file: `metrics-${index + 1}.txt`,
    asked: `GET /metrics at ${listen}`,
    read: () => machine.readMetrics(listen),
  }));
}

/** So that the value of a key whose name says that it is a secret is known to be one. */
function byKey(settings: ConfigCheckDocument['settings']): object {
  return Object.fromEntries(settings.map(({ key, value, source, line }) => [key, { value, source, line }]));
}
