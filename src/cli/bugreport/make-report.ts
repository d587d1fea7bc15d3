import { gzipSync } from 'node:zlib';
import { VERSION } from '../../base/version.ts';
import type { BugreportItem } from './bugreport-document.ts';
import { collectReport } from './collect-report.ts';
import { readmeText } from './readme-text.ts';
import { reportFiles } from './report-files.ts';
import type { ReportMachine } from './report-machine.ts';
import { tarArchive } from './tar-archive.ts';

export interface Report {
  /** The name that it has unless somebody chooses another, without its ending. */
  readonly stem: string;
  /** RFC 3339, UTC, seconds. */
  readonly time: string;
  /** A tar archive, compressed by gzip. */
  readonly bytes: Buffer;
  readonly items: readonly BugreportItem[];
}

export async function makeReport(
  machine: ReportMachine,
  sockets: readonly string[],
  redactsAddresses: boolean,
): Promise<Report> {
  const { hostname } = machine.system;
  const now = machine.now();
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const files = reportFiles(await collectReport(machine, sockets), { redactsAddresses, hostname });
  const items = files.map(({ item }) => item);
  const stem = reportStem(redactsAddresses ? undefined : hostname, time);
  const readme = readmeText({ time, version: VERSION, redactedAddresses: redactsAddresses, items });
  const entries = [
    { name: `${stem}/README.txt`, content: Buffer.from(readme) },
    ...files.flatMap(({ item, content }) => (content === undefined ? [] : [{ name: `${stem}/${item.name}`, content }])),
  ];
  return { stem, time, items, bytes: gzipSync(tarArchive(entries, Math.floor(now / 1000))) };
}

function reportStem(hostname: string | undefined, time: string): string {
  const host = hostname?.replace(/[^A-Za-z0-9-]/g, '-').slice(0, 32);
  return ['weft-bugreport', ...(host ? [host] : []), time.replace(/[:-]/g, '')].join('-');
}
