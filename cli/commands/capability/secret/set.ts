import type { Command } from 'commander';
import { MAX_SECRET_BYTES } from '../../../../shared/limits.js';
import { withClient } from '../../../access/client.js';
import type { Context } from '../../../arguments/context.js';
import { addNotes } from '../../../arguments/help.js';
import { sayRestart } from '../../../capability/bot.js';
import { readSecretBytes } from '../../../terminal/secret-input.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the capability')
    .argument('<KEY>', 'the name of the secret, such as API_KEY')
    .option('--exact', 'keep a final newline of standard input')
    .action((name: string, key: string, options: { exact?: true }) =>
      setSecret(context, name, key, options.exact),
    );
  addNotes(command, {
    readsValue: true,
    notes:
      'The value is asked for, or is all of standard input. It is text in UTF-8, and never an argument, which others could read.',
    examples: [
      ['sigilforge capability secret set weather API_KEY', 'be asked for the value'],
      ['sigilforge capability secret set weather API_KEY < key.txt', 'from a file'],
    ],
    seeAlso: ['sigilforge capability secret list', 'sigilforge capability show'],
  });
}

async function setSecret(context: Context, name: string, key: string, exact = false): Promise<void> {
  const { output } = context;
  const bytes = await readSecretBytes('Secret', { exact, limit: MAX_SECRET_BYTES });
  const value = bytes.toString('base64');
  const { result, bot } = await withClient(context, async (client) => ({
    result: await client.setCapabilitySecret({ name, key, value, encoding: 'base64' }),
    bot: (await client.getCapability({ name })).capability,
  }));
  output.result(result, () => {
    output.notice(`The secret ${result.key} of ${name} is stored.`);
    sayRestart(output, bot);
  });
}
