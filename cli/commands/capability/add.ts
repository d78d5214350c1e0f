import path from 'node:path';
import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { grantAsked } from '../../capability/grant-asked.js';
import { sayNeeds } from '../../capability/needs.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<PATH>', 'the folder with its manifest.json')
    .action((folder: string) => addCapability(context, folder));
  addNotes(command, {
    notes:
      'The SHA-256 of every file is recorded: a later change stops the next run, until you trust it. What the manifest asks for is granted by nothing but your answer, here on a terminal or later with capability grant.',
    examples: [
      ['sigilforge capability add ./weather', 'register it, and be asked for each grant'],
      ['sigilforge capability add ./weather --json', 'the same for a program, which grants nothing'],
    ],
    seeAlso: ['sigilforge capability create', 'sigilforge capability grant', 'sigilforge capability trust'],
  });
}

async function addCapability(context: Context, folder: string): Promise<void> {
  const { output } = context;
  const capability = await withClient(context, async (client) => {
    const added = await output.waiting(
      'Reading its files…',
      client.registerCapability({ path: path.resolve(folder) }),
    );
    return grantAsked(client, output, added.capability);
  });
  output.result({ capability }, () => {
    const { name, version, file_count } = capability;
    output.notice(
      `${name} ${version} is registered, with ${file_count} ${file_count === 1 ? 'file' : 'files'}.`,
    );
    sayNeeds(output, capability);
  });
}
