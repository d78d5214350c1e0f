import type { CheckedParamsOf, ResultOf, RunInfo, RunMessage } from '../../../shared/contract/index.js';
import { cursorAfter, isFull, keyAfter } from '../platform/pages.js';
import { LATEST_ID, type RunStore, type StoredMessage, type StoredRun } from '../store/runs.js';

/** Rows that are read at first, and at most at once: a few may be longer than a page already. */
const FIRST_READ = 8;
const MOST_READ = 128;
const RUNS = 'runs';
const MESSAGES = 'messages';

export function infoOf(run: StoredRun): RunInfo {
  const { id, capability, task, status, error } = run;
  return {
    ...{ id, capability, task, status },
    created_at: run.createdAt,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    error,
    exit_code: run.exitCode,
    duration_ms: run.durationMs,
  };
}

export function messageOf({ id, role, content, createdAt }: StoredMessage): RunMessage {
  return { id, role, content, created_at: createdAt };
}

/** A page of runs, the newest first. The cursor also says how many are left of `limit`. */
export function listRuns(store: RunStore, query: CheckedParamsOf<'list_runs'>): ResultOf<'list_runs'> {
  const { capability, status, limit = Number.POSITIVE_INFINITY, cursor } = query;
  const [before = LATEST_ID, wanted = limit] = cursor === undefined ? [] : keyAfter(RUNS, cursor);
  // A cursor may be one that we never gave.
  const most = Math.floor(Math.max(0, Number(wanted) || 0));
  let unread = most;
  const read = (from: string | undefined, limitOfRead: number): StoredRun[] => {
    const part = Math.min(limitOfRead, unread);
    const rows = store.page({ capability, status, before: from ?? before, limit: part });
    unread -= rows.length;
    return rows;
  };
  const { items, last } = pageOfRows(read, infoOf);
  const left = most - items.length;
  const isLast = last === undefined || left <= 0;
  return { runs: items, cursor: isLast ? null : cursorAfter(RUNS, [last, String(left)]) };
}

/** A page of what a run said, in its order. */
export function listMessages(
  store: RunStore,
  { run_id, after = '', cursor }: CheckedParamsOf<'list_messages'>,
): ResultOf<'list_messages'> {
  const [from = ''] = cursor === undefined ? [] : keyAfter(MESSAGES, cursor);
  const first = from > after ? from : after;
  const { items, last } = pageOfRows((row, most) => store.messages(run_id, row ?? first, most), messageOf);
  return { messages: items, cursor: last === undefined ? null : cursorAfter(MESSAGES, [last]) };
}

/** As many rows as fit on a page, read in pieces: `read` gives those that follow a row. `last`: the last one, if more follow. */
function pageOfRows<R extends { readonly id: string }, T>(
  read: (last: string | undefined, limit: number) => R[],
  itemOf: (row: R) => T,
): { readonly items: T[]; readonly last: string | undefined } {
  const items: T[] = [];
  let bytes = 0;
  let last: string | undefined;
  for (let limit = FIRST_READ; ; limit = Math.min(2 * limit, MOST_READ)) {
    const rows = read(last, limit);
    for (const row of rows) {
      const item = itemOf(row);
      bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
      if (isFull(items, bytes)) return { items, last };
      items.push(item);
      last = row.id;
    }
    if (rows.length < limit) return { items, last: undefined };
  }
}
