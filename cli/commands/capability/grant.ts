import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { sayRestart } from '../../capability/bot.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the capability')
    .argument('<REFERENCE>', 'what it may use, with * for whole segments')
    .action((name: string, grant: string) => grantTo(context, name, grant));
  addNotes(command, {
    notes: 'Its next runs get it. Those that are under way do not.',
    examples: [
      ['sigilforge capability grant weather auth://github/work/token', 'one token'],
      ["sigilforge capability grant weather 'secret://weather/*'", 'secrets by the beginning of their names'],
    ],
    seeAlso: ['sigilforge capability revoke', 'sigilforge capability show'],
  });
}

async function grantTo(context: Context, name: string, grant: string): Promise<void> {
  const { output } = context;
  const { result, bot } = await withClient(context, async (client) => ({
    result: await client.grantCapability({ name, grant }),
    bot: (await client.getCapability({ name })).capability,
  }));
  output.result(result, () => {
    output.notice(`${name} may use: ${result.grants.join(', ')}`);
    sayRestart(output, bot);
  });
}
