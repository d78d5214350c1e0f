import type { Command } from 'commander';
import type { SigilforgeClient } from '../../client/index.js';
import type { ResultOf } from '../../shared/contract/index.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { isFirstTime } from '../terminal/first-time.js';
import { configureSet } from './secret-set.js';

type Entries = ResultOf<'list_secrets'>['secrets'];

export function configure(command: Command, context: Context): void {
  const add = (name: string, summary: string, configureOne: typeof configureGet): void =>
    configureOne(command.command(name).summary(summary).description(`${summary}.`), context);
  add('set', 'Keep a secret, asked for or read from standard input', configureSet);
  add('get', 'Print a secret', configureGet);
  add('list', 'List the names of secrets, never a value', configureList);
  add('delete', 'Forget a secret', configureDelete);
  addNotes(command, {
    examples: [
      ['sigilforge secret set openai/api-key', 'keep an API key'],
      [
        'sigilforge exec --env OPENAI_API_KEY=secret://openai/api-key -- python main.py',
        'give it to a program',
      ],
    ],
    seeAlso: ['sigilforge exec', 'sigilforge inject', 'sigilforge resolve'],
  });
}

function configureGet(command: Command, context: Context): void {
  command
    .argument('<KEY>', 'the name of the secret, such as openai/api-key')
    .action((key: string) => getSecret(context, key));
  addNotes(command, {
    notes: 'Text is printed with a newline after it, other bytes exactly as they are.',
    examples: [
      ['sigilforge secret get openai/api-key', 'print it'],
      ['sigilforge secret get tls/key --json', 'with its back end and its encoding'],
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
  if (!process.stdout.isTTY || output.quiet || !isFirstTime('exec')) return;
  output.notice(
    `A program gets it without a terminal by: sigilforge exec --env NAME=secret://${key} -- COMMAND`,
  );
}

function configureList(command: Command, context: Context): void {
  command
    .option('--prefix <PREFIX>', 'only those whose names begin like this')
    .action((options: { prefix?: string }) => listSecrets(context, options.prefix));
  addNotes(command, {
    examples: [
      ['sigilforge secret list', 'all secrets'],
      ['sigilforge secret list --prefix openai/', 'those of one kind'],
    ],
    seeAlso: ['sigilforge secret get'],
  });
}

async function listSecrets(context: Context, prefix: string | undefined): Promise<void> {
  const { output } = context;
  const secrets = await withClient(context, (client) => allSecrets(client, prefix));
  output.result({ secrets, cursor: null }, () =>
    output.table(
      ['key', 'backend', 'updated'],
      secrets.map(({ key, backend, updated_at }) => [key, backend, updated_at]),
    ),
  );
}

async function allSecrets(client: SigilforgeClient, prefix: string | undefined): Promise<Entries> {
  const all: Entries = [];
  let cursor: string | null = null;
  do {
    const page: ResultOf<'list_secrets'> = await client.listSecrets({
      ...(prefix !== undefined && { prefix }),
      ...(cursor !== null && { cursor }),
    });
    all.push(...page.secrets);
    cursor = page.cursor;
  } while (cursor !== null);
  return all;
}

function configureDelete(command: Command, context: Context): void {
  const { output } = context;
  command.argument('<KEY>', 'the name of the secret').action(async (key: string) => {
    const result = await withClient(context, (client) => client.deleteSecret({ key }));
    output.result(result, () =>
      output.notice(result.deleted ? `The secret ${key} is deleted.` : `There is no secret ${key}.`),
    );
  });
  addNotes(command, {
    examples: [
      ['sigilforge secret delete openai/api-key', 'forget it here; where it was made it still works'],
      ['sigilforge secret delete openai/api-key --json', 'tell a program whether there was one'],
    ],
    seeAlso: ['sigilforge secret list'],
  });
}
