import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.argument('<NAME>', 'the capability').action((name: string) => listVersions(context, name));
  addNotes(command, {
    examples: [
      ['sigilforge capability versions weather', 'what was trusted, the newest first'],
      ['sigilforge capability versions weather --json', 'the same with the manifest of each'],
    ],
    seeAlso: ['sigilforge capability trust', 'sigilforge capability restore'],
  });
}

async function listVersions(context: Context, name: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listCapabilityVersions({ name }));
  output.result(result, () =>
    output.table(
      ['number', 'version', 'trusted', 'files', 'kept'],
      result.versions.map(({ number, version, trusted_at, file_count, kept }) => [
        ...[number, version, trusted_at, file_count, kept],
      ]),
    ),
  );
}
