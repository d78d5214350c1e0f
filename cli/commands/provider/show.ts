import type { Command } from 'commander';
import type { Api, ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { whatToRegister } from '../../provider/registration.js';
import type { Output } from '../../terminal/output.js';

export function configure(command: Command, context: Context): void {
  command.argument('<ID>', 'the provider, such as github').action((id: string) => showProvider(context, id));
  addNotes(command, {
    notes:
      'A provider that is known by its issuer is asked for its metadata, which needs the network. The line to_register says what to register at the provider before the first sign-in.',
    examples: [
      ['sigilforge provider show github', 'its endpoints, flows, redirect URI and notes'],
      ['sigilforge provider show github --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge provider set'],
  });
}

async function showProvider(context: Context, id: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) =>
    output.waiting('Asking the provider…', describe(client, output, id)),
  );
  const { provider } = result;
  output.result(result, () => {
    const register = whatToRegister(provider);
    output.record({ ...provider, ...(register !== undefined && { to_register: register }) });
    if (!provider.configured && register !== undefined) {
      output.notice(
        `No client is set. Once it is registered: sigilforge provider set ${provider.id} --client-id ID`,
      );
    }
  });
}

/** The provider with its metadata. If that is not to be had, what is known without it, and the reason. */
async function describe(
  client: Pick<Api, 'getProvider'>,
  output: Output,
  id: string,
): Promise<ResultOf<'get_provider'>> {
  try {
    return await client.getProvider({ id, discover: true });
  } catch (thrown) {
    if (!(thrown instanceof SigilforgeError) || !UNDISCOVERED.has(thrown.kind)) throw thrown;
    const known = await client.getProvider({ id });
    output.warn(`${thrown.message} ${thrown.hint}`);
    return known;
  }
}

const UNDISCOVERED: ReadonlySet<string> = new Set(['refresh_failed', 'network', 'timeout']);
