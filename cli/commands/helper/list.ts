import type { Command } from 'commander';
import type { AccountInfo } from '../../../shared/contract/index.js';
import { asSigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { examined } from '../../helpers/examined.js';
import { helpers } from '../../helpers/index.js';

export function configure(command: Command, context: Context): void {
  command.action(() => listHelpers(context));
  addNotes(command, {
    notes:
      'It looks into the usual files of each program and, within a project, into its own. It reads no secret, and uses no network.',
    examples: [
      ['sigilforge helper list', 'what is set up where, and what is wrong with it'],
      ['sigilforge helper list --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge helper install'],
  });
}

async function listHelpers(context: Context): Promise<void> {
  const { output } = context;
  const accounts = await knownAccounts(context);
  const found = await Promise.all(helpers.map((helper) => examined(helper, accounts)));
  output.result({ helpers: found }, () => {
    const rows = found.flatMap(({ name, setups }) =>
      setups.map(({ serves, account, works, problem, file }) => [
        name,
        serves,
        account,
        works ? 'ok' : problem,
        file,
      ]),
    );
    if (rows.length > 0) output.table(['helper', 'for', 'account', 'state', 'file'], rows);
    else output.notice('Nothing is set up yet. Set up git, for one, with: sigilforge helper install git');
  });
}

/** `undefined` if they cannot be told, which leaves all else to be said. */
async function knownAccounts(context: Context): Promise<readonly AccountInfo[] | undefined> {
  try {
    return (await withClient(context, (client) => client.listAccounts({}))).accounts;
  } catch (thrown) {
    context.output.warn(asSigilforgeError(thrown).message);
    return undefined;
  }
}
