import type { Logger } from '../base/log.ts';
import type { Agreement } from './agreement-table.ts';
import type { StateTouch } from './mapper-state.ts';

/** Records of one change that are named one by one; the rest is counted. */
export const MAX_NAMED_RECORDS = 100;

/** Says what one change of the store did to records and agreements. */
export function logChanges(log: Logger, { records, agreements }: StateTouch, revision: number): void {
  for (const { kind, name, record } of records.slice(0, MAX_NAMED_RECORDS)) {
    if (record === undefined) log.debug('record-deleted', { kind, name, revision });
    else log.debug('record-changed', { kind, name, revision: record.revision });
  }
  const unnamed = records.length - MAX_NAMED_RECORDS;
  if (unnamed > 0) log.debug('records-changed', { unnamed, revision });
  for (const { before, after } of agreements) logAgreement(log, before, after);
}

function logAgreement(log: Logger, before: Agreement | undefined, after: Agreement | undefined): void {
  if (after === undefined && before !== undefined) log.debug('agreement-gone', agreementFields(before));
  if (after === undefined) return;
  if (before === undefined) log.debug('agreement-made', agreementFields(after));
  if (after.isActive && before?.isActive !== true) log.debug('agreement-active', agreementFields(after));
}

function agreementFields({ id, sender, receiver, framework }: Agreement) {
  return { agreement: id, sender, receiver, framework };
}
