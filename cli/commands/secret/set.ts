import type { Command } from 'commander';
import { SecretBackend } from '../../../shared/contract/index.js';
import { MAX_SECRET_BYTES } from '../../../shared/limits.js';
import { withClient } from '../../access/client.js';
import { readChoice } from '../../arguments/choices.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { readSecretBytes } from '../../terminal/secret-input.js';
import { tooLong } from '../../terminal/standard-input.js';

interface Options {
  readonly backend?: SecretBackend;
  readonly base64?: boolean;
  readonly exact?: boolean;
}

/** Base64 takes a third more, and its lines may be broken. */
const MAX_INPUT_BYTES = 2 * MAX_SECRET_BYTES;

export function configure(command: Command, context: Context): void {
  command
    .argument('<KEY>', 'its name, such as openai/api-key')
    .option('--backend <BACKEND>', 'keychain or vault', (text) =>
      readChoice('--backend', text, SecretBackend.options),
    )
    .option('--base64', 'decode the value from base64 (for binary data)')
    .option('--exact', 'keep a final newline of standard input')
    .action((key: string, options: Options) => setSecret(context, key, options));
  addNotes(command, {
    readsValue: true,
    notes:
      'The value is asked for, or is all of standard input. It is never an argument, which others could read.',
    examples: [
      ['sigilforge secret set openai/api-key', 'be asked for the value'],
      ['sigilforge secret set tls/key --exact < server.key', 'a whole file, byte for byte'],
      [
        'sigilforge secret set openai/api-key --backend keychain < key.txt',
        'an item of its own in the keychain',
      ],
    ],
    seeAlso: ['sigilforge exec', 'sigilforge secret list'],
  });
}

async function setSecret(context: Context, key: string, options: Options): Promise<void> {
  const { output } = context;
  const { backend, base64 = false, exact = false } = options;
  const input = await readSecretBytes('Secret', { exact, limit: MAX_INPUT_BYTES });
  const bytes = base64 ? decodeBase64(input) : input;
  if (bytes.length > MAX_SECRET_BYTES) {
    throw tooLong('Secret', MAX_SECRET_BYTES);
  }
  const value = bytes.toString('base64');
  const result = await withClient(context, (client) =>
    client.setSecret({ key, value, encoding: 'base64', ...(backend && { backend }) }),
  );
  output.result(result, () => output.notice(`The secret ${result.key} is stored in the ${result.backend}.`));
}

function decodeBase64(input: Buffer): Buffer {
  const text = input.toString('latin1').replace(/\s+/g, '');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') === text) return bytes;
  throw badArgument('Secret: this is not base64 with its padding.');
}
