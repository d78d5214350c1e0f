import type { Command } from 'commander';
import type { CapabilityDetails } from '../../../shared/contract/index.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { sayNeeds } from '../../capability/needs.js';

export function configure(command: Command, context: Context): void {
  command.argument('<NAME>', 'the capability').action((name: string) => showCapability(context, name));
  addNotes(command, {
    examples: [
      ['sigilforge capability show weather', 'what it asks for, and what it was granted'],
      ['sigilforge capability show weather --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge capability grant', 'sigilforge capability versions'],
  });
}

async function showCapability(context: Context, name: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.getCapability({ name }));
  output.result(result, () => {
    output.record(forPeople(result.capability));
    sayNeeds(output, result.capability);
  });
}

/** With a word for each grant, variable and secret. */
function forPeople({ grants, env, required_secrets, ...capability }: CapabilityDetails): object {
  return {
    ...capability,
    granted: grants.filter(({ granted_at }) => granted_at !== null).map(({ grant }) => grant),
    not_granted: grants.filter(({ granted_at }) => granted_at === null).map(({ grant }) => grant),
    variables: Object.entries(env).map(([variable, reference]) => `${variable}=${reference}`),
    secrets: required_secrets.filter(({ is_set }) => is_set).map((secret) => secret.name),
    missing_secrets: required_secrets.filter(({ is_set }) => !is_set).map((secret) => secret.name),
  };
}
