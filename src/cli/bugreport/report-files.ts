import { printable } from '../../base/printable.ts';
import { jsonText } from '../daemon-socket.ts';
import type { BugreportItem } from './bugreport-document.ts';
import { logOutline } from './log-outline.ts';
import { Pseudonyms } from './pseudonyms.ts';
import { redactDocument, redactSecrets } from './redact-secrets.ts';
import type { CollectedItem } from './report-collector.ts';

/** Bytes of one file, and of all files. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;
const MAX_REPORT_BYTES = 16 * 1024 * 1024;
/** Characters of a failure. */
const MAX_FAILURE = 500;

export interface ReportLimits {
  readonly fileBytes: number;
  readonly reportBytes: number;
}

export const REPORT_LIMITS: ReportLimits = { fileBytes: MAX_FILE_BYTES, reportBytes: MAX_REPORT_BYTES };

/** An item as it goes into the report. */
export interface ReportFile {
  readonly item: BugreportItem;
  readonly content: Buffer | undefined;
}

/**
 * Makes files of what was collected: without secrets, with other names and addresses where `redactsAddresses`, and not
 * longer than the limits. `hostname` is one of the names.
 */
export function reportFiles(
  collected: readonly CollectedItem[],
  { redactsAddresses, hostname }: { readonly redactsAddresses: boolean; readonly hostname: string },
  limits: ReportLimits = REPORT_LIMITS,
): ReportFile[] {
  const items = collected.map(withoutSecrets);
  const shown = redactsAddresses ? withPseudonyms(items, hostname) : items;
  let left = limits.reportBytes;
  return shown.map((item) => {
    const file = reportFile(item, Math.min(left, limits.fileBytes));
    left -= file.item.bytes;
    return file;
  });
}

function withoutSecrets(item: CollectedItem): CollectedItem {
  return {
    ...item,
    asked: redactSecrets(item.asked),
    ...(item.content === undefined ? {} : { content: redactDocument(item.content) }),
    ...(item.failure === undefined ? {} : { failure: redactSecrets(item.failure) }),
  };
}

function withPseudonyms(items: readonly CollectedItem[], hostname: string): CollectedItem[] {
  const pseudonyms = new Pseudonyms();
  for (const { content } of items) pseudonyms.learn(content);
  for (const { content, asked } of items) {
    for (const [kind, name] of namesInText(`${asked}\n${typeof content === 'string' ? content : ''}`)) {
      pseudonyms.addName(kind, name);
    }
  }
  for (const name of [hostname, hostname.replace(/\..*$/, '')]) pseudonyms.addName('machine', name);
  return items.map((item) => ({
    ...item,
    asked: pseudonyms.replaceText(item.asked),
    ...(item.content === undefined ? {} : { content: pseudonyms.replaceDocument(contentToShow(item)) }),
    ...(item.failure === undefined ? {} : { failure: pseudonyms.replaceText(item.failure) }),
  }));
}

/** Names of ports in metrics, and of instances in the names of units and of their files. */
function namesInText(text: string): (readonly [kind: string, name: string])[] {
  const ports = [...text.matchAll(/\{port="([^"]+)"/g)].map(([, name = '']) => ['port', name] as const);
  const instances = [...text.matchAll(/\bagent[@-]([\w.-]+?)(?=\.service|\.yaml|\/agent\.sock)/g)];
  return [...ports, ...instances.map(([, name = '']) => ['instance', name] as const)];
}

function contentToShow({ file, content }: CollectedItem): unknown {
  return file === 'journal.txt' ? logOutline(String(content)) : content;
}

function reportFile({ file: name, asked, tookMs, content, failure }: CollectedItem, room: number): ReportFile {
  const about = { name, asked: printable(asked), tookMs };
  if (content === undefined) {
    return { item: { ...about, bytes: 0, failure: printable(failure ?? 'nothing').slice(0, MAX_FAILURE) }, content };
  }
  const whole = Buffer.from(typeof content === 'string' ? printableLines(content) : jsonText(content as object));
  if (whole.length <= room) return { item: { ...about, bytes: whole.length }, content: whole };
  const cut = cutTo(whole, room);
  return { item: { ...about, bytes: cut.length, cut: true }, content: cut };
}

function printableLines(text: string): string {
  return text.replaceAll('\t', ' ').split('\n').map(printable).join('\n');
}

/** The note itself needs no room: there are few files. */
function cutTo(whole: Buffer, room: number): Buffer {
  const note = `\n[cut here: ${room} of ${whole.length} bytes]\n`;
  return Buffer.concat([whole.subarray(0, room), Buffer.from(note)]);
}
