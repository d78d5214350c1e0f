import type { Command } from 'commander';
import { withClient } from '../../../access/client.js';
import type { Context } from '../../../arguments/context.js';
import { addNotes } from '../../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.argument('<NAME>', 'the capability').action((name: string) => listSecrets(context, name));
  addNotes(command, {
    examples: [['sigilforge capability secret list weather', 'which are set, and since when']],
    seeAlso: ['sigilforge capability secret set'],
  });
}

async function listSecrets(context: Context, name: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listCapabilitySecrets({ name }));
  output.result(result, () => {
    const rows = result.secrets.map(({ key, created_at, updated_at }) => [key, created_at, updated_at]);
    if (rows.length > 0) output.table(['key', 'created', 'updated'], rows);
    else output.notice(`${name} has no secret. Set one with: sigilforge capability secret set ${name} KEY`);
  });
}
