import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { secretLines } from '../../capability/own-words.js';

export function configure(command: Command, context: Context): void {
  command.action(() => listRequests(context));
  addNotes(command, {
    notes:
      'The words are for you: type them into the page of the request, and give them to no program. Those of one capability wait for each other; one whose turn has not come has no words yet. What stands behind "says" are the words of the capability, which may be wrong.',
    examples: [
      ['sigilforge secret requests', 'which secrets do capabilities ask for?'],
      ['sigilforge secret answer ID', 'answer here, without the page'],
    ],
    seeAlso: ['sigilforge secret answer', 'sigilforge capability secret set'],
  });
}

async function listRequests(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listSecretRequests());
  const { requests } = result;
  output.result(result, () => {
    if (requests.length === 0) output.notice('No capability asks for a secret.');
    else
      output.table(
        ['id', 'capability', 'secrets', 'words', 'expires'],
        requests.map(({ id, capability, secrets, words, expires_at }) => [
          ...[id, capability, secrets.map(({ name }) => name), words, expires_at],
        ]),
        requests.map(secretLines),
      );
  });
}
