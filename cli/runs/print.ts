import type { RunInfo, RunMessage } from '../../shared/contract/index.js';
import { errorTable } from '../../shared/errors.js';
import type { Output } from '../terminal/output.js';
import type { RunEnd } from './follow.js';

/** For a run that failed. */
const FAILED = 1;

/** Prints the response of a run on standard output, or why there is none; this process then ends with its exit status. */
export function printEnd(output: Output, end: RunEnd): void {
  const { run, response } = end;
  process.exitCode = exitStatusOf(run);
  output.result(end, () => {
    if (run.status === 'completed') output.value(response ?? '');
    else sayFailure(output, run);
  });
}

/** The response is data, so it is left to `printEnd`. */
export function sayMessage(output: Output, { role, content }: RunMessage): void {
  if (role === 'response') return;
  for (const line of content.split('\n')) output.say(role === 'output' ? line : `${role}: ${line}`);
}

function sayFailure(output: Output, { id, status, error }: RunInfo): void {
  const reason = error === null ? '.' : `: ${error}`;
  output.say(`sigilforge: The run ${status === 'failed' ? 'failed' : `was ${status}`}${reason}`);
  output.say(`  hint: See what it said with: sigilforge runs show ${id}`);
}

function exitStatusOf({ status }: RunInfo): number {
  switch (status) {
    case 'completed':
      return 0;
    case 'cancelled':
    case 'interrupted':
      return errorTable.cancelled.exit;
    case 'failed':
    case 'pending':
    case 'running':
      return FAILED;
  }
}
