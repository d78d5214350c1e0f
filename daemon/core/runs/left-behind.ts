import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parseJson } from '../../../shared/json.js';
import { startOf } from '../../../shared/process-stat.js';
import { check } from '../../../shared/validate.js';
import { endProcesses, type ProcessId } from './launch/traces.js';
import type { DaemonUnit } from './launch/unit.js';

/** How long processes that a dead daemon left may take to end before they are killed. */
const GRACE_MS = 2_000;

/** What finds the program of a run after the death of a daemon. `boot`: before another start of the machine, ids mean nothing. */
const Recorded = v.object({ pid: v.number(), start: v.string(), boot: v.string(), unit: v.boolean() });

/** The text for `History.started`. */
export function recordOf({ pid, start }: ProcessId, unit: DaemonUnit | undefined): string {
  return JSON.stringify({ pid, start, boot: bootId(), unit: unit !== undefined } satisfies v.InferOutput<
    typeof Recorded
  >);
}

/**
 * Ends every process of programs that a dead daemon left. Says whether all are gone. One without a record may have had a
 * unit.
 */
export async function endLeftBehind(
  runs: readonly { readonly id: string; readonly process: string | null }[],
  unit: DaemonUnit | undefined,
): Promise<boolean> {
  const records = runs.map(({ id, process }) => ({ id, record: readRecord(process) }));
  const units = records.flatMap(({ id, record }) => ((record?.unit ?? true) ? [id] : []));
  const stopped = units.map((id) => unit?.stop(id));
  const traces = {
    runIds: new Set(runs.map(({ id }) => id)),
    leaders: records.flatMap(({ record }) => (record && isSame(record) ? [record] : [])),
    others: () => units.flatMap((id) => unit?.pidsOf(id) ?? []),
  };
  const areGone = await endProcesses(traces, () => GRACE_MS);
  await Promise.all(stopped);
  return areGone;
}

function readRecord(text: string | null): v.InferOutput<typeof Recorded> | undefined {
  const checked = check(Recorded, text === null ? undefined : parseJson(text));
  return 'output' in checked ? checked.output : undefined;
}

function isSame({ pid, start, boot }: v.InferOutput<typeof Recorded>): boolean {
  return boot === bootId() && startOf(pid) === start;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}
