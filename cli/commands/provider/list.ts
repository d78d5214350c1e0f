import type { Command } from 'commander';
import type { ProviderSummary } from '../../../shared/contract/providers.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { stateOf } from '../../provider/state.js';

interface Options {
  readonly all?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .option('--all', 'also what they offer, and where each comes from')
    .action((options: Options) => listProviders(context, options));
  addNotes(command, {
    examples: [
      ['sigilforge provider list', 'every provider, and whether you can sign in to it'],
      ['sigilforge provider list --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge provider show'],
  });
}

async function listProviders(context: Context, { all = false }: Options): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listProviders());
  const columns = ['id', 'name', 'state', ...(all ? ['source', 'flows'] : [])];
  output.result(result, () =>
    output.table(
      columns,
      ownFirst(result.providers).map((provider) => [
        ...[provider.id, provider.name, stateOf(provider)],
        ...(all ? [provider.source, provider.flows] : []),
      ]),
    ),
  );
}

/** A person's own providers, then those that they have set up, then all others. */
function ownFirst(providers: readonly ProviderSummary[]): ProviderSummary[] {
  const rank = ({ source, configured }: ProviderSummary): number =>
    source !== 'builtin' ? 0 : configured ? 1 : 2;
  return [...providers].sort((one, other) => rank(one) - rank(other));
}
