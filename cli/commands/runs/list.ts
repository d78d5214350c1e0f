import type { Command } from 'commander';
import { RunStatus } from '../../../shared/contract/index.js';
import { withClient } from '../../access/client.js';
import { readChoice } from '../../arguments/choices.js';
import type { Context } from '../../arguments/context.js';
import { readCount } from '../../arguments/count.js';
import { addNotes } from '../../arguments/help.js';

interface Options {
  readonly capability?: string;
  readonly status?: RunStatus;
  readonly limit: number;
}

const USUAL = 50;
/** Characters of a task in the table. */
const SHOWN = 60;

export function configure(command: Command, context: Context): void {
  command
    .option('--capability <NAME>', 'only the runs of this capability')
    .option(
      '--status <STATUS>',
      'only those that are pending, running, completed, failed, cancelled or interrupted',
      (text) => readChoice('--status', text, RunStatus.options),
    )
    .option('--limit <N>', 'at most so many', (text) => readCount('--limit', text), USUAL)
    .action((options: Options) => listRuns(context, options));
  addNotes(command, {
    examples: [
      ['sigilforge runs list', `the last ${USUAL}`],
      ['sigilforge runs list --capability weather --status failed', 'what went wrong with one'],
      ['sigilforge runs list --limit 1 --json', 'the last one, for a program'],
    ],
    seeAlso: ['sigilforge runs show'],
  });
}

async function listRuns(context: Context, options: Options): Promise<void> {
  const { output } = context;
  const { runs, ...rest } = await withClient(context, (client) => client.listRuns(options));
  output.result({ runs, ...rest }, () => {
    const rows = runs.map(({ id, capability, status, created_at, duration_ms, task, error }) => [
      ...[id, capability, status, created_at, duration_ms],
      error ?? task.slice(0, SHOWN),
    ]);
    if (rows.length > 0) output.table(['id', 'capability', 'status', 'created', 'ms', 'task or error'], rows);
    else output.notice('There is no such run.');
  });
}
