import type { Command } from 'commander';
import { withClient } from '../../../access/client.js';
import type { Context } from '../../../arguments/context.js';
import { addNotes } from '../../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.argument('<ID>', 'the id of the proposal').action((id: string) => declineProposal(context, id));
  addNotes(command, {
    notes: 'The capability may propose the same again after a day. You can still grant it at any time.',
    examples: [['sigilforge capability proposals decline ID', 'say no']],
    seeAlso: ['sigilforge capability proposals', 'sigilforge capability disable'],
  });
}

async function declineProposal(context: Context, id: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.declineProposal({ proposal_id: id }));
  output.result(result, () =>
    output.notice(result.declined ? 'Declined. Nothing was granted.' : 'It was declined already.'),
  );
}
