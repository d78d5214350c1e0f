import type { Command } from 'commander';
import type { SigilforgeClient } from '../../../../client/index.js';
import { SigilforgeError } from '../../../../shared/errors.js';
import { withClient } from '../../../access/client.js';
import { badArgument, type Context } from '../../../arguments/context.js';
import { addNotes } from '../../../arguments/help.js';
import { findProposal, showProposal } from '../../../capability/proposal.js';
import { canAsk, confirm } from '../../../terminal/prompt.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<ID>', 'the id of the proposal')
    .option('--yes', 'do not ask')
    .action((id: string, options: { yes?: true }) => accept(context, id, options.yes));
  addNotes(command, {
    notes: 'The next runs of the capability get it. Those that are under way do not.',
    examples: [
      ['sigilforge capability proposals accept ID', 'see what it would allow, and be asked'],
      ['sigilforge capability proposals accept ID --yes', 'the same from a script'],
    ],
    seeAlso: ['sigilforge capability proposals', 'sigilforge capability revoke'],
  });
}

async function accept(context: Context, id: string, isSure = false): Promise<void> {
  const { output } = context;
  if (!isSure && !canAsk()) {
    throw badArgument('There is no terminal to ask on.', 'To accept it without a question, add --yes.');
  }
  const result = await withClient(context, async (client) => {
    if (!isSure) await assertWanted(context, client, id);
    return client.acceptProposal({ proposal_id: id });
  });
  output.result(result, () => output.notice(`${result.capability} may use: ${result.grants.join(', ')}`));
}

async function assertWanted({ output }: Context, client: SigilforgeClient, id: string): Promise<void> {
  const proposal = await findProposal(client, id);
  showProposal(output, proposal);
  if (await confirm(`Grant it to ${proposal.capability}?`)) return;
  throw new SigilforgeError('denied', 'Nothing was granted.', {
    hint: `It still waits. Decline it with: sigilforge capability proposals decline ${proposal.id}`,
  });
}
