import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the capability')
    .argument('<REFERENCE>', 'what it may no longer use, as it was granted')
    .action((name: string, grant: string) => revokeFrom(context, name, grant));
  addNotes(command, {
    notes:
      'It takes effect at once, for runs under way too. What a run has fetched before, it keeps until the provider ends it.',
    examples: [['sigilforge capability revoke weather auth://github/work/token', 'take it back']],
    seeAlso: ['sigilforge capability grant', 'sigilforge runs cancel'],
  });
}

async function revokeFrom(context: Context, name: string, grant: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.revokeCapability({ name, grant }));
  output.result(result, () => {
    const left = result.grants.length > 0 ? `may use: ${result.grants.join(', ')}` : 'may use nothing.';
    output.notice(result.revoked ? `${name} now ${left}` : `That was not granted. ${name} ${left}`);
  });
}
