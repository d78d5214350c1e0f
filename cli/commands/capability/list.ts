import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => listCapabilities(context));
  addNotes(command, {
    examples: [
      ['sigilforge capability list', 'all capabilities'],
      ['sigilforge capability list --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge capability show', 'sigilforge runs list'],
  });
}

async function listCapabilities(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listCapabilities());
  for (const name of result.damaged ?? [])
    output.warn(
      `What is stored about ${name} is damaged. Remove it with: sigilforge capability remove ${name}`,
    );
  output.result(result, () => {
    const rows = result.capabilities.map(({ name, version, runner, service, active, trusted_at, path }) => [
      ...[name, version, runner, service, active, trusted_at, path],
    ]);
    if (rows.length > 0)
      output.table(['name', 'version', 'runner', 'bot', 'active', 'trusted', 'folder'], rows);
    else output.notice('There is none yet. Write a first one with: sigilforge capability create NAME');
  });
}
