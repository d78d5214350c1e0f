import { setTimeout as delay } from 'node:timers/promises';
import type { SigilforgeClient } from '../../client/index.js';
import type { AuditRecord } from '../../shared/contract/index.js';
import { asSigilforgeError } from '../../shared/errors.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { Output } from '../terminal/output.js';

/** Which rows are shown. */
export interface Wanted {
  readonly since: string;
  readonly reference: string | undefined;
  readonly program: string | undefined;
}

export const COLUMNS = ['at', 'program', 'pid', 'door', 'method', 'reference', 'outcome', 'count'];

const POLL_MS = 1_000;
/** Rows of other processes may be written a little later than others of the same time. */
const OVERLAP_MS = 10_000;

export function cellsOf(record: AuditRecord): (string | number | null)[] {
  const { at, executable, script, pid, door, method, reference, outcome, count } = record;
  return [at, script ?? executable, pid, door, method, reference, outcome, count];
}

/** Prints every row once, those that there are and those that come, until the reader is gone or a person presses Ctrl-C. */
export async function followRecords(client: SigilforgeClient, output: Output, wanted: Wanted): Promise<void> {
  const over = new AbortController();
  const gone = output.readerGone().then(() => over.abort());
  try {
    await untilInterrupted(Promise.race([gone, printRecords(client, output, wanted, over.signal)]));
  } catch (thrown) {
    // Ctrl-C is the usual way to end it.
    if (asSigilforgeError(thrown).kind !== 'cancelled') throw thrown;
  } finally {
    over.abort();
  }
}

async function printRecords(
  client: SigilforgeClient,
  output: Output,
  wanted: Wanted,
  over: AbortSignal,
): Promise<void> {
  let printed = new Set<string>();
  for (let { since } = wanted; !over.aborted; await delay(POLL_MS)) {
    const { records } = await client.listAudit({ ...wanted, since });
    for (const record of records) {
      if (!printed.has(record.id)) output.line(record, cellsOf(record).map(String));
    }
    printed = new Set(records.map(({ id }) => id));
    const newest = records.at(-1)?.at;
    if (newest !== undefined) since = later(since, new Date(Date.parse(newest) - OVERLAP_MS).toISOString());
  }
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}
