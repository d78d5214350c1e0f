import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { followRun } from '../../runs/follow.js';
import { printEnd, sayMessage } from '../../runs/print.js';

export function configure(command: Command, context: Context): void {
  command.argument('<ID>', 'the id of the run').action((id: string) => follow(context, id));
  addNotes(command, {
    notes:
      'What it said so far comes first. At its end its response is printed on standard output, and the exit status is as of capability run. Ctrl-C leaves it running.',
    examples: [['sigilforge runs follow ID', 'see what a run does']],
    seeAlso: ['sigilforge runs list', 'sigilforge runs cancel'],
  });
}

async function follow(context: Context, id: string): Promise<void> {
  const { output } = context;
  const end = await withClient(context, (client) =>
    followRun(client, id, (message) => sayMessage(output, message)),
  );
  printEnd(output, end);
}
