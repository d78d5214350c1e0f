import type { Command } from 'commander';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { changeBot } from '../../capability/bot.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the bot')
    .action((name: string) =>
      changeBot(context, name, { method: 'restartCapability', waiting: `Restarting ${name}…` }),
    );
  addNotes(command, {
    notes: 'It is up then with what is trusted, granted and set now. One that is stopped is started.',
    examples: [['sigilforge capability restart watcher', 'after a new grant, secret or version']],
    seeAlso: ['sigilforge capability start', 'sigilforge capability trust'],
  });
}
