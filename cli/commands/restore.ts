import type { Command } from 'commander';
import { withLibrary } from '../../client/direct.js';
import type { Restored } from '../../client/load-library.js';
import { describeOpeners } from '../access/openers.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { assertCurrentFolder } from '../files/named-file.js';
import type { Output } from '../terminal/output.js';

interface Options {
  readonly empty?: boolean;
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('[FILE]', 'a file that sigilforge backup has written')
    .option('--empty', 'begin with an empty vault instead, after the database was damaged')
    .option('--force', 'even if the vault that is there is newer, or another one')
    .action((file: string | undefined, options: Options) => restore(context, file, options));
  addNotes(command, {
    notes:
      'The daemon must be stopped. The vault that is there is kept under another name, beside the restored one. Restored accounts are parked: their tokens are handed out while they are valid, but not refreshed until sigilforge refresh-token takes the account over from the vault that the backup was made of.',
    examples: [
      ['sigilforge daemon stop && sigilforge restore sigilforge.backup', 'the vault as it was then'],
      ['sigilforge restore --empty', 'after a damaged database, without a backup'],
    ],
    seeAlso: ['sigilforge backup', 'sigilforge refresh-token', 'sigilforge vault unlock'],
  });
}

async function restore(
  { output }: Context,
  name: string | undefined,
  { empty = false, force = false }: Options,
): Promise<void> {
  if ((name === undefined) !== empty)
    throw badArgument('Name a backup to restore, or give --empty, and not both.');
  if (name !== undefined) assertCurrentFolder(name);
  const work = withLibrary(({ restoreVault }) => restoreVault({ file: name, force }));
  const done = await output.waiting('Restoring the vault…', work);
  output.result(done, () => output.record(done));
  if (done.replaced !== null) output.notice(`The database that was here is kept as ${done.replaced}.`);
  if (empty) output.notice('The vault is empty. Begin with: sigilforge add-account SERVICE');
  else tellNextSteps(output, done);
}

function tellNextSteps(output: Output, done: Restored): void {
  output.notice(
    `It opens with: ${describeOpeners(done.opens_with)}. If it stays locked: sigilforge daemon start, then sigilforge vault unlock`,
  );
  if (done.parked > 0)
    output.notice(
      `The accounts are parked (${done.parked}). Take each one over with: sigilforge refresh-token SERVICE ACCOUNT`,
    );
  if (done.keychain_secrets > 0)
    output.notice(
      `Secrets that are kept in the keychain (${done.keychain_secrets}) have only their names in a backup.`,
    );
}
