import type { Command } from 'commander';
import type { Api, ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { sayRestart } from '../../capability/bot.js';
import { grantAsked } from '../../capability/grant-asked.js';
import { changedLines } from '../../capability/manifest-changes.js';
import { sayNeeds } from '../../capability/needs.js';
import type { Output } from '../../terminal/output.js';
import { canAsk, confirm } from '../../terminal/prompt.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the capability')
    .option('--yes', 'do not ask')
    .action((name: string, options: { yes?: true }) => trust(context, name, options.yes));
  addNotes(command, {
    notes:
      'What you were shown is what is trusted: if the files change meanwhile, nothing is. Grants, secrets and storage stay. Earlier versions stay in the list.',
    examples: [
      ['sigilforge capability trust weather', 'show what changed, and ask'],
      ['sigilforge capability trust weather --yes', 'show it, and trust it, from a script'],
    ],
    seeAlso: ['sigilforge capability versions'],
  });
}

async function trust(context: Context, name: string, isSure = false): Promise<void> {
  const { output } = context;
  const capability = await withClient(context, async (client) => {
    const digest = await shownDigest(client, output, name);
    if (!isSure && digest.isChanged) await assertConfirmed(name);
    const trusted = await client.trustCapability({ name, digest: digest.value });
    return isSure ? trusted.capability : grantAsked(client, output, trusted.capability);
  });
  output.result({ capability }, () => {
    output.notice(`Version ${capability.number} of ${name} (${capability.version}) is trusted.`);
    sayNeeds(output, capability);
    sayRestart(output, capability);
  });
}

async function assertConfirmed(name: string): Promise<void> {
  if (!canAsk()) {
    throw badArgument(
      'There is no terminal to ask on.',
      'To trust what changed without a question, add --yes.',
    );
  }
  if (!(await confirm(`Trust these files of ${name}?`))) throw refused();
}

interface Digest {
  readonly value: string;
  readonly isChanged: boolean;
}

/** Shows what changed. What the digest covers is what is trusted then. */
async function shownDigest(
  client: Pick<Api, 'checkCapability'>,
  output: Output,
  name: string,
): Promise<Digest> {
  const found = await output.waiting('Reading its files…', client.checkCapability({ name }));
  if (found.changes.length === 0) output.notice(`The files of ${name} are those that were trusted.`);
  for (const line of difference(found)) output.say(line);
  return { value: found.digest, isChanged: found.changes.length > 0 };
}

function difference({ changes, trusted_manifest, manifest }: ResultOf<'check_capability'>): string[] {
  const lines = manifest === null ? [] : changedLines(trusted_manifest, manifest);
  return [
    ...changes.map(({ path, change }) => `${change}: ${path}`),
    ...(lines.length > 0 ? ['manifest.json:', ...lines.map((line) => `  ${line}`)] : []),
  ];
}

function refused(): SigilforgeError {
  return new SigilforgeError('denied', 'Nothing was trusted.', {
    hint: 'To trust it, answer yes or add --yes.',
  });
}
