import type { Command } from 'commander';
import type { ProviderCheck } from '../../../shared/contract/providers.js';
import { errorTable } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import type { Output } from '../../terminal/output.js';

export function configure(command: Command, context: Context): void {
  command.argument('<ID>', 'the provider, such as github').action((id: string) => testProvider(context, id));
  addNotes(command, {
    notes:
      'Asks for the metadata of its issuer, and sends an empty request to each address that a sign-in needs: no client id, no secret and no token. Nothing is changed. The exit status is 0 if a sign-in can work, and that of its first error otherwise.',
    examples: [
      ['sigilforge provider test github', 'does everything that a sign-in needs answer?'],
      ['sigilforge provider test work --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge provider show', 'sigilforge doctor network'],
  });
}

async function testProvider(context: Context, id: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) =>
    output.waiting('Asking the provider…', client.testProvider({ id })),
  );
  output.result(result, () => {
    for (const check of result.checks) show(output, check);
    output.notice(
      result.works
        ? `Everything that a sign-in needs answers. Go on with: sigilforge add-account ${id} NAME`
        : `A sign-in at ${id} cannot work yet.`,
    );
  });
  process.exitCode = exitStatus(result.checks);
}

function show(output: Output, { name, state, address, sentence, hint }: ProviderCheck): void {
  const below = [...(address === null ? [] : [address]), ...(hint === null ? [] : [`→ ${hint}`])];
  output.finding(state, [name.replaceAll('_', ' '), sentence], below);
}

function exitStatus(checks: readonly ProviderCheck[]): number {
  const fault = checks.find(({ state }) => state === 'fault');
  if (!fault) return 0;
  return isKnown(fault.kind) ? errorTable[fault.kind].exit : 1;
}

function isKnown(kind: string | null): kind is keyof typeof errorTable {
  return kind !== null && Object.hasOwn(errorTable, kind);
}
