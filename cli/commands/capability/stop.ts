import type { Command } from 'commander';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { changeBot } from '../../capability/bot.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the bot')
    .action((name: string) =>
      changeBot(context, name, { method: 'stopCapability', waiting: `Stopping ${name}…` }),
    );
  addNotes(command, {
    notes:
      'Its processes get SIGTERM, and five seconds later SIGKILL. It stays stopped until it is started again, also after another start of the daemon.',
    examples: [['sigilforge capability stop watcher', 'it stays stopped from now on']],
    seeAlso: ['sigilforge capability start', 'sigilforge capability disable'],
  });
}
