import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { writeChanges } from '../../helpers/changes.js';
import { plannedDefinition } from '../../helpers/definition.js';
import { helperOf, helpers } from '../../helpers/index.js';
import { assertTaken, HELPER_OPTIONS, type HelperOptions } from '../../helpers/options.js';
import { ourCommand } from '../../helpers/our-command.js';
import { assertAnswerable, type Proposal, propose, splitOptions } from '../../helpers/proposal.js';

export function configure(command: Command, context: Context): void {
  command.argument('<NAME>', `the program: ${helpers.map(({ name }) => name).join(', ')}`);
  for (const [flags, meaning] of Object.values(HELPER_OPTIONS)) command.option(flags, meaning);
  command
    .option('--print', 'only show what would be written')
    .option('--yes', 'do not ask')
    .action((name: string, options: HelperOptions & Proposal) => install(context, name, options));
  addNotes(command, {
    notes:
      'It shows the lines first, and asks. The file as it was is kept beside it, as FILE.before-sigilforge. Each program takes the options that mean something to it.',
    examples: helpers.map(({ example, summary }) => [example, summary] as const),
    seeAlso: ['sigilforge helper list', 'sigilforge helper uninstall'],
  });
}

async function install(context: Context, name: string, given: HelperOptions & Proposal): Promise<void> {
  const { output } = context;
  const { proposal, options } = splitOptions(given);
  const helper = helperOf(name);
  assertTaken(helper, options);
  assertAnswerable(proposal, 'To write it without a question, add --yes.');
  const edits = await helper.install(options, await ourCommand());
  const defined = helper.defines?.(options);
  const definition = defined && (await withClient(context, (client) => plannedDefinition(client, defined)));
  const changes = await propose(output, edits, proposal, `Set up ${name} like this?`, definition);
  if (changes === undefined) return;
  if (definition) await withClient(context, (client) => definition.make(client));
  const copies = await writeChanges(changes);
  const files = changes.map(({ file }) => file);
  output.result({ name, changed: files, copies }, () => {
    for (const file of files) output.notice(`Written: ${file}`);
    for (const copy of copies) output.notice(`The file as it was: ${copy}`);
    if (files.length === 0 && !definition) output.notice(`${name} is set up like this already.`);
  });
  for (const sentence of (await helper.advice?.(options)) ?? []) output.notice(sentence);
}
