import type { Command } from 'commander';
import { withLibrary } from '../../../client/direct.js';
import { passwordAsker } from '../../access/vault-password.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { namedFile } from '../../files/named-file.js';
import { readNewPassword } from '../../terminal/secret-input.js';

interface Options {
  readonly withGrants?: boolean;
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<FILE>', 'the file to write (0600); -: standard output')
    .option('--with-grants', 'include the accounts')
    .option('--force', 'replace the file if it exists')
    .action((file: string, options: Options) => exportTo(context, file, options));
  addNotes(command, {
    readsValue: true,
    notes:
      'A passphrase, asked for or read from standard input, opens the file. The export runs in the process of this command, even if a daemon is running.',
    examples: [
      ['sigilforge vault export backup.sigilforge', 'secrets and providers'],
      ['sigilforge vault export backup.sigilforge --with-grants', 'accounts as well'],
      ['sigilforge vault export - | ssh host "cat > backup.sigilforge"', 'to another machine'],
    ],
    seeAlso: ['sigilforge vault import'],
  });
}

async function exportTo({ output }: Context, name: string, options: Options): Promise<void> {
  const file = namedFile(output, name, { exclusive: !options.force });
  const passphrase = await readNewPassword('Passphrase for the file');
  const work = withLibrary(({ exportVault }) =>
    exportVault({ passphrase, askPassword: passwordAsker(), withGrants: options.withGrants }),
  );
  const { bytes, ...result } = await output.waiting('Exporting…', work);
  await file.write(bytes);
  const { secrets, providers, accounts, missing, damaged } = result;
  // What is in the file must not be mixed with what is said about it.
  if (file.isStandardOutput) {
    output.notice(`Exported: ${secrets} secrets, ${providers} providers, ${accounts} accounts.`);
  } else output.result(result, () => output.record(result));
  if (missing.length > 0)
    output.warn(`Left out, because their keychain items have been removed: ${missing.join(', ')}.`);
  if (damaged.length > 0) output.warn(`Left out, because it is damaged: ${damaged.join(', ')}.`);
}
