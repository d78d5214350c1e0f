import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => listProviders(context));
  addNotes(command, {
    examples: [
      ['sigilforge provider list', 'every provider, and whether a client is set for it'],
      ['sigilforge provider list --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge provider show'],
  });
}

async function listProviders(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listProviders());
  output.result(result, () =>
    output.table(
      ['id', 'name', 'configured', 'source', 'flows'],
      result.providers.map(({ id, name, configured, source, flows }) => [
        id,
        name,
        configured,
        source,
        flows,
      ]),
    ),
  );
}
