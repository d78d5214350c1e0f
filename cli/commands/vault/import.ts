import type { Command } from 'commander';
import { withLibrary } from '../../../client/direct.js';
import { passwordAsker } from '../../access/vault-password.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { assertExportedFile, readExportedFile } from '../../files/exported-file.js';
import { readSecret } from '../../terminal/secret-input.js';

interface Options {
  readonly verify?: boolean;
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<FILE>', 'the exported file')
    .option('--verify', 'check the whole file, and store nothing')
    .option('--force', 'replace what exists under the same name')
    .action((file: string, options: Options) => importFrom(context, file, options));
  addNotes(command, {
    readsValue: true,
    notes:
      'Everything is stored, or nothing. Imported accounts are parked: their tokens are handed out while they are valid, but not refreshed until sigilforge refresh-token takes the account over from the vault that it came from.',
    examples: [
      ['sigilforge vault import backup.sigilforge --verify', 'does it open, and what is in it?'],
      ['sigilforge vault import backup.sigilforge', 'store it'],
    ],
    seeAlso: ['sigilforge vault export', 'sigilforge refresh-token'],
  });
}

async function importFrom({ output }: Context, name: string, options: Options): Promise<void> {
  assertExportedFile(name);
  const passphrase = await readSecret('Passphrase of the file');
  const work = withLibrary(async ({ importVault }) =>
    importVault({
      bytes: await readExportedFile(name),
      passphrase,
      askPassword: passwordAsker(),
      ...options,
    }),
  );
  const result = await output.waiting('Importing…', work);
  output.result(result, () => output.record(result));
  if (options.verify) output.notice('The whole file can be opened. Nothing was stored.');
  else if (result.accounts > 0) {
    output.notice('The accounts are parked. Take one over with: sigilforge refresh-token SERVICE ACCOUNT');
  }
}
