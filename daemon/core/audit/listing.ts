import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import { matchesSegments } from '../../../shared/grant.js';
import { timestamp } from '../platform/clock.js';
import { cursorAfter, isFull, keyAfter } from '../platform/pages.js';
import type { AuditStore, RecordQuery, StoredRecord } from '../store/audit.js';

type Listed = ResultOf<'list_audit'>;
type Query = CheckedParamsOf<'list_audit'>;

/** Rows that are searched in one turn of the event loop. */
const SLICE = 5_000;
/** Rows that are read at once. */
const READ = 200;
const NAME = 'records';

/** A page of the rows that fit, oldest first. */
export async function listRecords(store: AuditStore, query: Query): Promise<Listed> {
  const { lastSeq } = store.end();
  const records: Listed['records'] = [];
  let bytes = 0;
  for (let from = firstOf(store, query); from <= lastSeq; ) {
    const to = Math.min(from + SLICE - 1, lastSeq);
    const found = store.find({ ...conditionsOf(query), from, to, limit: READ });
    for (const record of found) {
      if (query.reference !== undefined && !matchesSegments(query.reference, record.reference ?? ''))
        continue;
      const item = itemOf(record);
      bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
      if (isFull(records, bytes)) return { records, cursor: cursorAfter(NAME, [String(record.seq - 1)]) };
      records.push(item);
    }
    from = (found.length < READ ? to : (found.at(-1)?.seq ?? to)) + 1;
    await nextTurn();
  }
  return { records, cursor: null };
}

function firstOf(store: AuditStore, { since, cursor }: Query): number {
  // A number that no page ended with has nothing behind it.
  if (cursor !== undefined) return Number(keyAfter(NAME, cursor)[0]) + 1;
  if (since === undefined) return 1;
  return store.firstSince(Date.parse(since)) ?? Number.POSITIVE_INFINITY;
}

function conditionsOf({
  since,
  reference,
  program,
}: Query): Pick<RecordQuery, 'since' | 'reference' | 'program'> {
  return {
    since: since === undefined ? undefined : Date.parse(since),
    // In GLOB a bracket begins a choice of characters.
    reference: reference?.replaceAll('[', '?'),
    program,
  };
}

function itemOf({
  id,
  at,
  uid,
  pid,
  executable,
  script,
  door,
  ...rest
}: StoredRecord): Listed['records'][number] {
  const { method, reference, outcome, count } = rest;
  return { id, at: timestamp(at), uid, pid, executable, script, door, method, reference, outcome, count };
}
