import type { HostItem, MappingKey } from '../control/messages.ts';
import type { RecordTypes } from '../model/records.ts';
import type { Change } from '../store/store.ts';
import { type Agreement, AgreementTable, type AgreementValue } from './agreement-table.ts';
import { CloudView, type RecordChange } from './cloud-view.ts';
import { type LiveEntry, LiveTable, type LiveValue, type Mapping } from './live-table.ts';
import { decodeValue, parseStoreKey, type StoreKey } from './store-keys.ts';

/** What `meta/model` says. */
export interface ModelValue {
  /** Chunks of the journal that are being carried out; until it is 0 again, records are half changed. */
  readonly journalChunks: number;
}

/** What the changes of one revision may have altered, for those who tell agents. */
export interface StateTouch {
  /** Records that were written or removed. */
  readonly records: RecordChange[];
  readonly hosts: Set<string>;
  readonly keys: Set<string>;
  /** Hosts whose own record changed or went. */
  readonly hostRecords: Set<string>;
  /** Agreements that were made, activated or removed: before and after. */
  readonly agreements: { readonly before: Agreement | undefined; readonly after: Agreement | undefined }[];
}

/** Everything that the daemon knows from its store, as of one revision. */
export class MapperState {
  readonly cloud = new CloudView();
  readonly live = new LiveTable();
  readonly agreements = new AgreementTable();
  /** Of the last change told. */
  revision = 0;
  /** The revisions that last wrote these keys; 0 while they do not exist. */
  modelRevision = 0;
  counterRevision = 0;
  lastAgreementId = 0;
  journalChunks = 0;
  /** Changes of records since a journal began: the cloud changes all at once or not at all. */
  #held: RecordChange[] = [];

  mapping(key: MappingKey): Mapping | undefined {
    return this.live.mapping(this.cloud, key);
  }

  hostItem(host: string): HostItem[] {
    return this.cloud.hostItem(host);
  }

  apply(changes: readonly Change[], revision: number): StateTouch {
    this.revision = revision;
    const touch: StateTouch = {
      records: [],
      hosts: new Set(),
      keys: new Set(),
      hostRecords: new Set(),
      agreements: [],
    };
    const records: RecordChange[] = [];
    for (const change of changes) this.#applyOne(change, parseStoreKey(change.key), records, touch);
    this.#held.push(...records);
    if (this.journalChunks === 0) this.#applyRecords(touch);
    return touch;
  }

  #applyOne({ entry }: Change, key: StoreKey | undefined, records: RecordChange[], touch: StateTouch): void {
    switch (key?.family) {
      case 'record': {
        const record = entry && {
          spec: decodeValue(entry.value) as RecordTypes[typeof key.kind],
          revision: entry.modRevision,
        };
        records.push({ kind: key.kind, name: key.name, record });
        break;
      }
      case 'live': {
        const live: LiveEntry | undefined = entry && {
          ...(decodeValue(entry.value) as LiveValue),
          modRevision: entry.modRevision,
        };
        for (const id of this.live.apply(key.port, live)) touch.keys.add(id);
        break;
      }
      case 'agreement': {
        const { sender, receiver, id } = key;
        const after: Agreement | undefined = entry && {
          ...(decodeValue(entry.value) as AgreementValue),
          id,
          sender,
          receiver,
          revision: entry.createRevision,
          modRevision: entry.modRevision,
        };
        touch.agreements.push({ before: this.agreements.apply(sender, receiver, id, after), after });
        break;
      }
      case 'model':
        this.modelRevision = entry?.modRevision ?? 0;
        this.journalChunks = entry === undefined ? 0 : (decodeValue(entry.value) as ModelValue).journalChunks;
        break;
      case 'agreement-counter':
        this.counterRevision = entry?.modRevision ?? 0;
        this.lastAgreementId = entry === undefined ? 0 : (decodeValue(entry.value) as number);
        break;
    }
  }

  #applyRecords(touch: StateTouch): void {
    const changes = this.#held;
    this.#held = [];
    touch.records.push(...changes);
    for (const { kind, name } of changes) if (kind === 'host') touch.hostRecords.add(name);
    const { hosts, keys } = this.cloud.apply(changes);
    for (const host of hosts) touch.hosts.add(host);
    for (const key of keys) touch.keys.add(key);
  }
}
