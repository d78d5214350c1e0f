import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.argument('<ID>', 'the id of the run').action((id: string) => cancelRun(context, id));
  addNotes(command, {
    notes: 'Its processes are asked to end (SIGTERM), and killed five seconds later.',
    examples: [['sigilforge runs cancel ID', 'end a run that is pending or running']],
    seeAlso: ['sigilforge runs list'],
  });
}

async function cancelRun(context: Context, id: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) =>
    output.waiting('Ending its processes…', client.cancelRun({ run_id: id })),
  );
  output.result(result, () =>
    output.notice(result.cancelled ? 'The run was cancelled.' : 'The run was over already.'),
  );
}
