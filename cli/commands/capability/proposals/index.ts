import type { Command } from 'commander';
import { withClient } from '../../../access/client.js';
import { addCommands, type CommandEntry } from '../../../arguments/command.js';
import type { Context } from '../../../arguments/context.js';
import { addNotes } from '../../../arguments/help.js';
import { ownWords } from '../../../capability/own-words.js';
import { allowedBy } from '../../../capability/proposal.js';

const subcommands: readonly CommandEntry[] = [
  { name: 'accept', summary: 'Grant what a capability asks for', load: () => import('./accept.js') },
  {
    name: 'decline',
    summary: 'Decline it: the same is not proposed again for a day',
    load: () => import('./decline.js'),
  },
];

export async function configure(
  command: Command,
  context: Context,
  operands: readonly string[],
): Promise<void> {
  command.action(() => listProposals(context));
  await addCommands(command, context, subcommands, operands);
  addNotes(command, {
    notes:
      'A run that was denied something may ask you for it. Nothing is granted until you accept. What stands behind "says" are the words of the capability, which may be wrong: decide by the reference and what it would allow.',
    examples: [
      ['sigilforge capability proposals', 'what do capabilities ask for?'],
      ['sigilforge capability proposals accept ID', 'see what it would allow, and be asked'],
      ['sigilforge capability proposals decline ID', 'say no'],
    ],
    seeAlso: ['sigilforge capability grant', 'sigilforge secret requests'],
  });
}

async function listProposals(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listProposals());
  const { proposals } = result;
  output.result(result, () => {
    if (proposals.length === 0) output.notice('No capability asks for a grant.');
    else
      output.table(
        ['id', 'capability', 'reference', 'would allow'],
        proposals.map((proposal) => [
          ...[proposal.id, proposal.capability, proposal.grant, allowedBy(proposal)],
        ]),
        proposals.map(({ capability, reason }) => [ownWords(capability, reason)]),
      );
  });
}
