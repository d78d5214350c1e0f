import type { Command } from 'commander';
import { resolvePaths } from '../../../shared/paths.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { uninstallService } from '../../service/uninstall.js';
import { untilInterrupted } from '../../terminal/interrupt.js';

export function configure(command: Command, context: Context): void {
  command.action(() => uninstall(context));
  addNotes(command, {
    notes:
      'Accounts, secrets, config.toml and the log stay. A file of the service that you have changed stays too, and is named.',
    examples: [
      ['sigilforge daemon uninstall', 'stop the service, and remove what daemon install has written'],
      ['sigilforge daemon uninstall --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge daemon install'],
  });
}

async function uninstall({ output }: Context): Promise<void> {
  const done = await untilInterrupted(output.waiting('Removing the service…', uninstallService()));
  const { removed, left } = done ?? { removed: [], left: [] };
  const { data, configFile, logFile } = resolvePaths();
  output.result({ removed, left, kept: { data, config_file: configFile, log_file: logFile } }, () => {
    for (const file of removed) output.notice(`Removed: ${file}`);
    output.notice(done ? 'The service is stopped and removed.' : 'No service of Sigilforge is installed.');
    if (done)
      output.notice(`Your accounts and secrets are still in ${data}, your settings in ${configFile}.`);
  });
  for (const file of left) output.warn(`${file} was changed or made by you, and is still there.`);
}
