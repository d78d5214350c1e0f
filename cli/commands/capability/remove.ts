import type { Command } from 'commander';
import { SigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { canAsk, confirm } from '../../terminal/prompt.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the capability')
    .option('--force', 'do not ask')
    .action((name: string, options: { force?: true }) => removeCapability(context, name, options.force));
  addNotes(command, {
    notes:
      'Its versions, grants, secrets and storage are deleted, and its runs are ended. Its folder stays, and so does the record of its runs.',
    examples: [
      ['sigilforge capability remove weather', 'ask, then remove it'],
      ['sigilforge capability remove weather --force', 'the same from a script'],
    ],
    seeAlso: ['sigilforge capability disable'],
  });
}

async function removeCapability(context: Context, name: string, force = false): Promise<void> {
  const { output } = context;
  if (!force && !canAsk()) {
    throw badArgument(
      'There is no terminal to ask on.',
      'To remove the capability without a question, add --force.',
    );
  }
  const result = await withClient(context, async (client) => {
    if (!force && !(await confirm(`Remove ${name}, with its secrets and its storage?`))) throw kept();
    return output.waiting('Ending its runs…', client.removeCapability({ name }));
  });
  output.result(result, () => output.notice(`${name} was removed.`));
}

function kept(): SigilforgeError {
  return new SigilforgeError('denied', 'Nothing was removed.', {
    hint: 'To remove it, answer yes or add --force.',
  });
}
