import { createHmac } from 'node:crypto';
import type { Link, StoredRecord } from '../store/audit.js';

/** What a key is hashed with for the next one. No row is encoded like that. */
const STEP = 'sigilforge audit: next key';

export const MAC_BYTES = 32;

/** A row with its place in the chain, and the place behind it. The key of a row does not tell those of the rows before. */
export function appended(link: Link, row: Omit<StoredRecord, 'seq' | 'mac'>): [StoredRecord, Link] {
  const numbered = { ...row, seq: link.seq };
  const record = { ...numbered, mac: macOf(link, numbered) };
  return [record, behind(link, record.mac)];
}

/** The place behind a row; `undefined` if the row is not the one that was recorded there. */
export function followed(link: Link, record: StoredRecord): Link | undefined {
  if (record.seq !== link.seq) return undefined;
  const mac = macOf(link, record);
  return mac.equals(record.mac) ? behind(link, mac) : undefined;
}

function behind(link: Link, mac: Buffer): Link {
  return { seq: link.seq + 1, key: createHmac('sha256', link.key).update(STEP).digest(), mac };
}

/** Over every column and the row before. A JSON list can be read in only one way, with any texts. */
function macOf(link: Link, row: Omit<StoredRecord, 'mac'>): Buffer {
  const { seq, id, at, uid, pid, executable, script, door, method, reference, outcome, count } = row;
  const who = [uid, pid, executable, script, door];
  const text = JSON.stringify([
    seq,
    id,
    at,
    ...who,
    method,
    reference,
    outcome,
    count,
    link.mac.toString('hex'),
  ]);
  return createHmac('sha256', link.key).update(text).digest();
}
