import type { Command } from 'commander';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { changeBot } from '../../capability/bot.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the bot')
    .action((name: string) =>
      changeBot(context, name, { method: 'startCapability', waiting: `Starting ${name}…` }),
    );
  addNotes(command, {
    notes:
      'A bot is a capability with "service": true in its manifest. It stays up: if it ends, it is started again after 1 second, then 2, and so on up to 5 minutes, and with the daemon if that was restarted. What it says is in a file for each day, without secrets.',
    examples: [['sigilforge capability start watcher', 'it stays up from now on']],
    seeAlso: ['sigilforge capability stop', 'sigilforge capability show'],
  });
}
