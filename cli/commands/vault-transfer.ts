import path from 'node:path';
import type { Command } from 'commander';
import { withLibrary } from '../../client/direct.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { readNewPassword } from '../terminal/new-password.js';
import { canAsk, readSecret } from '../terminal/prompt.js';

interface ExportOptions {
  readonly withGrants?: boolean;
  readonly force?: boolean;
}

interface ImportOptions {
  readonly verify?: boolean;
  readonly force?: boolean;
}

export function configureExport(command: Command, context: Context): void {
  command
    .argument('<FILE>', 'the file to write')
    .option('--with-grants', 'take the accounts along as well')
    .option('--force', 'replace the file where there is one')
    .action((file: string, options: ExportOptions) => exportTo(context, file, options));
  addNotes(command, {
    notes:
      'The file opens by a passphrase, which is asked for or read from standard input. This works in the process of ' +
      'the command, beside a daemon too.',
    examples: [
      ['sigilforge vault export backup.sigilforge', 'secrets and providers'],
      ['sigilforge vault export backup.sigilforge --with-grants', 'accounts as well'],
    ],
    seeAlso: ['sigilforge vault import'],
  });
}

export function configureImport(command: Command, context: Context): void {
  command
    .argument('<FILE>', 'the exported file')
    .option('--verify', 'open all of it, and store nothing')
    .option('--force', 'replace what is there of the same name')
    .action((file: string, options: ImportOptions) => importFrom(context, file, options));
  addNotes(command, {
    notes:
      'Everything is stored, or nothing. Accounts arrive parked: a token that lives is handed out, and none is ' +
      'refreshed until sigilforge refresh-token takes the account over from the vault that it came from.',
    examples: [
      ['sigilforge vault import backup.sigilforge --verify', 'does it open, and what is in it?'],
      ['sigilforge vault import backup.sigilforge', 'store it'],
    ],
    seeAlso: ['sigilforge vault export', 'sigilforge refresh-token'],
  });
}

async function exportTo({ output }: Context, name: string, options: ExportOptions): Promise<void> {
  const file = path.resolve(name);
  const passphrase = await readNewPassword('Passphrase for the file');
  const work = withLibrary(({ exportVault }) =>
    exportVault({ file, passphrase, askPassword: passwordAsker(), ...options }),
  );
  const result = await output.waiting('Exporting…', work);
  output.result(result, () => output.record(result));
  if (result.missing.length === 0) return;
  const keys = result.missing.join(', ');
  output.warn(`Left out, because somebody removed their keychain items: ${keys}.`);
}

async function importFrom({ output }: Context, name: string, options: ImportOptions): Promise<void> {
  const file = path.resolve(name);
  const passphrase = await readSecret('Passphrase of the file');
  const work = withLibrary(({ importVault }) =>
    importVault({ file, passphrase, askPassword: passwordAsker(), ...options }),
  );
  const result = await output.waiting('Importing…', work);
  output.result(result, () => output.record(result));
  if (options.verify) output.notice('The whole file opens. Nothing was stored.');
  else if (result.accounts > 0) {
    output.notice('The accounts are parked. Take one over with: sigilforge refresh-token SERVICE ACCOUNT');
  }
}

/** Standard input that is no terminal holds one value, and that is the file's passphrase. */
function passwordAsker(): (() => Promise<string>) | undefined {
  return canAsk() ? () => readSecret('Password of the vault') : undefined;
}
