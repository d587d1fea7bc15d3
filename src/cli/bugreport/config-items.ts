/** What a report says of the daemons' configuration, and the metrics that it has them serve. */
import type { ConfigCheckDocument } from '../../config/config-document.ts';
import type { ReportCollector } from './report-collector.ts';
import type { ReportMachine } from './report-machine.ts';

const FOLDER = '/etc/netweft';
/** The files of the services, see `packaging/systemd`. */
const FILE = /^(?:mapper|agent(?:-[^/]+)?)\.yaml$/;
const MAX_FILES = 16;

export async function collectConfigs(machine: ReportMachine, collector: ReportCollector): Promise<void> {
  const found = await machine.listFolder(FOLDER).catch(() => []);
  const names = found.filter((name) => FILE.test(name)).toSorted();
  for (const [index, name] of names.slice(0, MAX_FILES).entries()) {
    const path = `${FOLDER}/${name}`;
    let listen: unknown;
    await collector.take({
      file: `config-${index + 1}/settings.json`,
      asked: `weft config check ${path}`,
      read: async () => {
        const { daemon, settings } = await machine.readConfig(path);
        listen = settings.find(({ key }) => key === 'metrics')?.value;
        return { daemon, settings: byKey(settings) };
      },
    });
    if (typeof listen !== 'string') continue;
    const where = listen;
    await collector.take({
      file: `config-${index + 1}/metrics.txt`,
      asked: `GET /metrics at ${where}`,
      read: () => machine.readMetrics(where),
    });
  }
}

/** So that the value of a key whose name says that it is a secret is known to be one. */
function byKey(settings: ConfigCheckDocument['settings']): object {
  return Object.fromEntries(settings.map(({ key, value, source, line }) => [key, { value, source, line }]));
}
