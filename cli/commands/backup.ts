import path from 'node:path';
import type { Command } from 'commander';
import { withLibrary } from '../../client/direct.js';
import { isErrno } from '../../shared/errno.js';
import { removeAbandonedDrafts } from '../../shared/whole-file.js';
import { describeOpeners, openerWarning } from '../access/openers.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { destinationOf } from '../files/destination.js';
import { assertCurrentFolder } from '../files/named-file.js';
import { taken } from '../files/refusals.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { Output } from '../terminal/output.js';

interface Options {
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<FILE>', 'the file to write (0600)')
    .option('--force', 'replace the file if it exists')
    .action((file: string, options: Options) => backup(context, file, options));
  addNotes(command, {
    notes:
      'The vault is copied as it is, encrypted, even while it is locked and the daemon is running. What opens the vault opens the copy: make a recovery key, so that it opens on another machine. Secrets that are kept in the keychain, a key file, config.toml and the folders of capabilities are not in it.',
    examples: [
      ['sigilforge backup /media/disk/sigilforge.backup', 'everything in the vault, accounts too'],
      ['sigilforge backup sigilforge.backup --force', 'in the place of the last one'],
    ],
    seeAlso: ['sigilforge restore', 'sigilforge vault recovery-key', 'sigilforge vault export'],
  });
}

async function backup({ output }: Context, name: string, { force = false }: Options): Promise<void> {
  const file = placeFor(name, force);
  removeAbandonedDrafts(file);
  const work = withLibrary(({ backupVault }) => backupVault(file, { exclusive: !force }));
  const made = await output.waiting('Copying the vault…', untilInterrupted(work)).catch((thrown: unknown) => {
    throw isErrno(thrown, 'EEXIST') ? taken(name) : thrown;
  });
  const result = { file: path.resolve(name), ...made };
  output.result(result, () => output.record(result));
  tellWhatIsMissing(output, made.keychain_secrets);
  output.notice(`It opens with: ${describeOpeners(made.opens_with)}.`);
  const warning = openerWarning(made.opens_with);
  if (warning !== undefined) output.warn(warning);
}

function placeFor(name: string, force: boolean): string {
  assertCurrentFolder(name);
  const destination = destinationOf(name, { exclusive: !force });
  if (destination.kind === 'file') return destination.path;
  throw badArgument('A backup is written to a file, and this is not one.', 'Name a file.');
}

function tellWhatIsMissing(output: Output, keychainSecrets: number): void {
  if (keychainSecrets === 0) return;
  output.warn(
    `Not in it, because the keychain keeps them: ${keychainSecrets} secrets. To have them in a file: sigilforge vault export FILE`,
  );
}
