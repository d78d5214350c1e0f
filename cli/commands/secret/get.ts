import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { claimFirstTime } from '../../terminal/first-time.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<KEY>', 'the name of the secret, such as openai/api-key')
    .action((key: string) => getSecret(context, key));
  addNotes(command, {
    notes: 'Text is printed with a newline after it, other bytes exactly as they are.',
    examples: [
      ['sigilforge secret get openai/api-key', 'print it'],
      ['sigilforge secret get tls/key --json', 'with its backend and its encoding'],
    ],
    seeAlso: ['sigilforge exec'],
  });
}

async function getSecret(context: Context, key: string): Promise<void> {
  const { output } = context;
  const secret = await withClient(context, (client) => client.getSecret({ key }));
  output.result(secret, () => {
    if (secret.encoding === 'base64') output.bytes(Buffer.from(secret.value, 'base64'));
    else output.value(secret.value);
  });
  if (!process.stdout.isTTY || output.quiet || !claimFirstTime('exec')) return;
  output.notice(
    `To give it to a program without showing it, run: sigilforge exec --env NAME=secret://${key} -- COMMAND`,
  );
}
