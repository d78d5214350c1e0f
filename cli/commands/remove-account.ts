import type { Command } from 'commander';
import { SigilforgeError } from '../../shared/errors.js';
import { withClient } from '../access/client.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { canAsk, confirm } from '../terminal/prompt.js';

interface Options {
  readonly force?: boolean;
  readonly revoke: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service, such as github')
    .argument('<ACCOUNT>', 'the account')
    .option('--force', 'do not ask')
    .option('--no-revoke', 'leave the grant at the provider as it is')
    .action((service: string, account: string, options: Options) =>
      removeAccount(context, service, account, options),
    );
  addNotes(command, {
    examples: [
      ['sigilforge remove-account github work', 'ask, revoke the grant, and forget the account'],
      ['sigilforge remove-account github work --force', 'the same from a script'],
      ['sigilforge remove-account github work --no-revoke', 'forget it here only'],
    ],
    seeAlso: ['sigilforge list-accounts'],
  });
}

async function removeAccount(
  context: Context,
  service: string,
  account: string,
  { force = false, revoke }: Options,
): Promise<void> {
  const { output } = context;
  if (!force && !(await isConfirmed(`Remove ${service}/${account}?`))) {
    throw new SigilforgeError('denied', 'Nothing was removed.', {
      hint: 'Say yes, or give --force, to remove it.',
    });
  }
  const result = await withClient(context, (client) =>
    output.waiting('Asking the provider…', client.removeAccount({ service, account, revoke })),
  );
  if (result.removed && revoke && !result.revoked) {
    output.warn(
      "The grant was not revoked: the provider may still hold it. End it in the provider's settings.",
    );
  }
  output.result(result, () =>
    output.notice(result.removed ? `${service}/${account} was removed.` : 'There was nothing to remove.'),
  );
}

async function isConfirmed(question: string): Promise<boolean> {
  if (canAsk()) return confirm(question);
  throw badArgument(
    'There is no terminal to ask on.',
    'Add --force to remove the account without a question.',
  );
}
