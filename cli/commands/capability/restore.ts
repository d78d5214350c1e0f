import type { Command } from 'commander';
import type { Api, FileChange, ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { readCount } from '../../arguments/count.js';
import { addNotes } from '../../arguments/help.js';
import { grantAsked } from '../../capability/grant-asked.js';
import { changedLines } from '../../capability/manifest-changes.js';
import { sayNeeds } from '../../capability/needs.js';
import type { Output } from '../../terminal/output.js';
import { canAsk, confirm } from '../../terminal/prompt.js';

interface Wish {
  readonly name: string;
  readonly number: number;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the capability')
    .argument('<NUMBER>', 'the number of the version', (text: string) => readCount('NUMBER', text))
    .option('--yes', 'do not ask')
    .action((name: string, number: number, options: { yes?: true }) =>
      restore(context, { name, number }, options.yes),
    );
  addNotes(command, {
    notes:
      'The files of the version are put back into the folder, and trusted as a new version. Files that it does not have are removed, except .git and the like. Versions of at most 1 MiB are kept. Grants, secrets and storage stay.',
    examples: [
      ['sigilforge capability restore weather 2', 'show what would change in the folder, and ask'],
      ['sigilforge capability restore weather 2 --yes', 'show it, and do it, from a script'],
    ],
    seeAlso: ['sigilforge capability versions', 'sigilforge capability trust'],
  });
}

async function restore(context: Context, wish: Wish, isSure = false): Promise<void> {
  const { output } = context;
  const capability = await withClient(context, async (client) => {
    const { changes, digest } = await shownChanges(client, output, wish);
    if (!isSure && changes.length > 0) await assertConfirmed(output, wish, changes);
    const restored = await output.waiting(
      'Putting its files back…',
      client.restoreCapability({ ...wish, digest }),
    );
    return isSure ? restored.capability : grantAsked(client, output, restored.capability);
  });
  output.result({ capability }, () => {
    const { name, number, version } = capability;
    output.notice(`${name} is what version ${wish.number} was: version ${number} (${version}) is trusted.`);
    sayNeeds(output, capability);
  });
}

/** What would change is shown in the direction in which it would. */
async function shownChanges(
  client: Pick<Api, 'checkCapability'>,
  output: Output,
  { name, number }: Wish,
): Promise<ResultOf<'check_capability'>> {
  const found = await output.waiting('Reading its files…', client.checkCapability({ name, number }));
  if (found.changes.length === 0) output.notice(`The files of ${name} are those of version ${number}.`);
  for (const { path, change } of found.changes) output.say(`would be ${DONE[change]}: ${path}`);
  const lines = found.manifest === null ? [] : changedLines(found.manifest, found.trusted_manifest);
  for (const line of lines.length > 0 ? ['manifest.json:', ...lines.map(indented)] : []) output.say(line);
  return found;
}

const DONE = { added: 'removed', changed: 'replaced', missing: 'written' } as const;

function indented(line: string): string {
  return `  ${line}`;
}

async function assertConfirmed(
  output: Output,
  { name, number }: Wish,
  changes: readonly FileChange[],
): Promise<void> {
  if (!canAsk()) {
    throw badArgument('There is no terminal to ask on.', 'To restore it without a question, add --yes.');
  }
  const lost = changes.filter(({ change }) => change !== 'missing').length;
  if (lost === 1) output.warn('1 file of your folder is replaced or removed, and is not kept.');
  if (lost > 1) output.warn(`${lost} files of your folder are replaced or removed, and are not kept.`);
  if (!(await confirm(`Restore version ${number} of ${name}?`))) throw refused();
}

function refused(): SigilforgeError {
  return new SigilforgeError('denied', 'Nothing was restored.', {
    hint: 'To restore it, answer yes or add --yes.',
  });
}
