/** What a report says of the units of systemd. */
import type { ReportItem } from './report-collector.ts';
import type { ReportMachine } from './report-machine.ts';

const UNITS = 'netweft-*';
const JOURNAL_LINES = 500;
const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'StatusText',
  'NRestarts',
  'ExecMainCode',
  'ExecMainStatus',
  'ExecMainStartTimestamp',
  'ActiveEnterTimestamp',
  'InactiveEnterTimestamp',
  'WatchdogUSec',
  'WatchdogTimestamp',
  'MemoryCurrent',
  'TasksCurrent',
  'CPUUsageNSec',
  'FragmentPath',
  'DropInPaths',
];

export function serviceItems(machine: ReportMachine): ReportItem[] {
  const show = ['show', '--no-pager', `--property=${PROPERTIES.join(',')}`, UNITS];
  const read = ['--no-pager', '--quiet', '--no-hostname', '-o', 'short-iso', '-n', String(JOURNAL_LINES), '-u', UNITS];
  return [
    serviceItem(machine, { file: 'units.txt', words: ['systemctl', ...show], empty: `no unit ${UNITS} is loaded` }),
    serviceItem(machine, { file: 'journal.txt', words: ['journalctl', ...read], empty: `no line of ${UNITS}` }),
  ];
}

interface ServiceQuestion {
  readonly file: string;
  readonly words: readonly [program: string, ...words: string[]];
  /** What is said where nothing comes back. */
  readonly empty: string;
}

function serviceItem(machine: ReportMachine, { file, words, empty }: ServiceQuestion): ReportItem {
  return {
    file,
    asked: words.join(' ').replace(/--property=\S+/, '--property=...'),
    read: async () => {
      await requireSystemd(machine);
      const text = await machine.run(...words);
      return text.trim() === '' ? `${empty}\n` : text;
    },
  };
}

/** As sd_booted(3) finds out. */
async function requireSystemd(machine: ReportMachine): Promise<void> {
  await machine.listFolder('/run/systemd/system').catch(() => {
    throw new Error('systemd does not run here');
  });
}
