import type { Command } from 'commander';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { configureSet } from './provider-set.js';

export function configure(command: Command, context: Context): void {
  configureList(
    command.command('list').summary('List the providers').description('List the providers.'),
    context,
  );
  configureShow(
    command.command('show').summary('Show one provider').description('Show one provider.'),
    context,
  );
  configureSet(
    command
      .command('set')
      .summary('Add a provider, or change one')
      .description('Add a provider, or change what is given of one that is known.'),
    context,
  );
  configureRemove(
    command
      .command('remove')
      .summary('Forget what was set of a provider')
      .description('Forget what was set of a provider. Accounts keep what they signed in with.'),
    context,
  );
  addNotes(command, {
    examples: [
      ['sigilforge provider list', 'what is there'],
      ['sigilforge provider set github --client-id Iv1.0123456789abcdef', 'name the client to sign in with'],
    ],
    seeAlso: ['sigilforge add-account'],
  });
}

function configureList(command: Command, context: Context): void {
  const { output } = context;
  command.action(async () => {
    const result = await withClient(context, (client) => client.listProviders());
    output.result(result, () =>
      output.table(
        ['id', 'name', 'configured', 'source', 'flows'],
        result.providers.map((one) => [one.id, one.name, one.configured, one.source, one.flows]),
      ),
    );
  });
  addNotes(command, {
    examples: [
      ['sigilforge provider list', 'every provider, and whether a client is set for it'],
      ['sigilforge provider list --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge provider show'],
  });
}

function configureShow(command: Command, context: Context): void {
  const { output } = context;
  command.argument('<ID>', 'the provider, such as github').action(async (id: string) => {
    const result = await withClient(context, (client) => client.getProvider({ id }));
    output.result(result, () => output.record(result.provider));
  });
  addNotes(command, {
    examples: [
      ['sigilforge provider show github', 'its endpoints, flows, redirect URI and notes'],
      ['sigilforge provider show github --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge provider set'],
  });
}

function configureRemove(command: Command, context: Context): void {
  const { output } = context;
  command.argument('<ID>', 'the provider').action(async (id: string) => {
    const result = await withClient(context, (client) => client.removeProvider({ id }));
    output.result(result, () =>
      output.notice(result.removed ? `What was set of ${id} is removed.` : `Nothing was set of ${id}.`),
    );
  });
  addNotes(command, {
    examples: [
      ['sigilforge provider remove work', 'forget a provider of your own'],
      ['sigilforge provider remove github', 'go back to what is built in'],
    ],
    seeAlso: ['sigilforge provider list'],
  });
}
