import type { Command } from 'commander';
import type { Api, ParamsOf } from '../../shared/contract/index.js';
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
    .option('--no-revoke', 'do not revoke the grant at the provider')
    .action((service: string, account: string, options: Options) =>
      removeAccount(context, service, account, options),
    );
  addNotes(command, {
    examples: [
      ['sigilforge remove-account github work', 'ask, revoke the grant, and delete the account'],
      ['sigilforge remove-account github work --force', 'the same from a script'],
      ['sigilforge remove-account github work --no-revoke', 'delete it only here'],
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
  if (!force) assertAnswerable();
  const result = await withClient(context, async (client) => {
    const others = revoke ? await revokedWith(client, { service, account }) : [];
    if (others.length > 0) output.warn(endsToo(others));
    if (!force) await assertConfirmed(`Remove ${service}/${account}?`);
    return output.waiting('Asking the provider…', client.removeAccount({ service, account, revoke }));
  });
  if (result.removed && revoke && !result.revoked) {
    output.warn(
      "The grant was not revoked, so the provider may still accept it. Revoke it in the provider's settings.",
    );
  }
  output.result(result, () =>
    output.notice(result.removed ? `${service}/${account} was removed.` : 'There is no such account.'),
  );
}

/** The accounts that end with this one. One that cannot be described is removed all the same. */
async function revokedWith(
  client: Pick<Api, 'getAccount'>,
  name: ParamsOf<'get_account'>,
): Promise<readonly string[]> {
  const found = await client.getAccount(name).catch(() => undefined);
  return found?.revoked_with ?? [];
}

function endsToo(others: readonly string[]): string {
  return `The provider ends every grant of a client for the same person at once, so ${others.join(', ')} may stop working as well. To delete the account only here, use --no-revoke.`;
}

function assertAnswerable(): void {
  if (canAsk()) return;
  throw badArgument(
    'There is no terminal to ask on.',
    'To remove the account without a question, add --force.',
  );
}

async function assertConfirmed(question: string): Promise<void> {
  if (await confirm(question)) return;
  throw new SigilforgeError('denied', 'Nothing was removed.', {
    hint: 'To remove it, answer yes or add --force.',
  });
}
