import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { dropCopies, writeChanges } from '../../helpers/changes.js';
import { obsoleteDefinition } from '../../helpers/definition.js';
import { helperOf, helpers } from '../../helpers/index.js';
import { assertTaken, HELPER_OPTIONS, type HelperOptions } from '../../helpers/options.js';
import { assertAnswerable, type Proposal, propose, splitOptions } from '../../helpers/proposal.js';

export function configure(command: Command, context: Context): void {
  command.argument('<NAME>', `the program: ${helpers.map(({ name }) => name).join(', ')}`);
  for (const [flags, meaning] of Object.values(HELPER_OPTIONS)) command.option(flags, meaning);
  command
    .option('--print', 'only show what would be taken away')
    .option('--yes', 'do not ask')
    .action((name: string, options: HelperOptions & Proposal) => uninstall(context, name, options));
  addNotes(command, {
    notes:
      'It takes away what helper install has written, and leaves all else as it is. Name the same --global, --file and --host.',
    examples: [
      ['sigilforge helper uninstall git --global', 'git as it was before'],
      ['sigilforge helper uninstall git --global --print', 'show what that would take away'],
    ],
    seeAlso: ['sigilforge helper list', 'sigilforge helper install'],
  });
}

async function uninstall(context: Context, name: string, given: HelperOptions & Proposal): Promise<void> {
  const { output } = context;
  const { proposal, options } = splitOptions(given);
  const helper = helperOf(name);
  assertTaken(helper, options);
  assertAnswerable(proposal, 'To take it away without a question, add --yes.');
  const edits = await helper.uninstall(options);
  const defined = helper.defines?.(options);
  const definition = defined && (await withClient(context, (client) => obsoleteDefinition(client, defined)));
  const changes = await propose(output, edits, proposal, 'Take this away?', definition);
  if (changes === undefined) return;
  if (definition) await withClient(context, (client) => definition.make(client));
  await writeChanges(changes);
  const left = dropCopies(changes);
  const files = changes.map(({ file }) => file);
  output.result({ name, changed: files, copies: left }, () => {
    for (const file of files) output.notice(`Taken away from: ${file}`);
    for (const copy of left) output.notice(`The file as it was before helper install is left: ${copy}`);
    if (files.length === 0 && !definition)
      output.notice(`Nothing of Sigilforge is set up for ${name} there.`);
  });
}
