import type { Command } from 'commander';
import { printable } from '../../../shared/printable.js';
import type { Provider } from '../../../shared/provider.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { filledIn } from '../../provider/guide/text.js';
import { knownProvider } from '../../provider/known.js';
import { pageLines } from '../../provider/overview.js';
import { whatToRegister } from '../../provider/registration.js';
import type { Output } from '../../terminal/output.js';
import { pageWidth } from '../../terminal/wrap.js';

interface Options {
  readonly all?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<ID>', 'the provider, such as github')
    .option('--all', 'also its endpoints, parameters and sources')
    .action((id: string, options: Options) => showProvider(context, id, options));
  addNotes(command, {
    notes:
      'A provider that is known by its issuer is asked for its metadata, which needs the network. Elsewhere than on a terminal everything is shown, a line each; to_register says what to register at the provider before the first sign-in.',
    examples: [
      ['sigilforge provider show github', 'where to register a client, and what a sign-in needs'],
      ['sigilforge provider show github --all', 'everything that is known about it'],
      ['sigilforge provider show github --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge provider set'],
  });
}

async function showProvider(context: Context, id: string, { all = false }: Options): Promise<void> {
  const { output } = context;
  const { provider, fault } = await withClient(context, (client) =>
    output.waiting('Asking the provider…', knownProvider(client, id)),
  );
  if (fault) output.warn(`${fault.message} ${fault.hint}`);
  output.result({ provider }, () => {
    if (process.stdout.isTTY) showPage(output, provider, all);
    else recordAll(output, provider);
  });
}

function showPage(output: Output, provider: Provider, all: boolean): void {
  for (const line of pageLines(provider, pageWidth(process.stdout))) output.value(printable(line));
  if (!all) return;
  output.value('');
  output.record({ ...provider, register_steps: filledIn(provider) });
}

function recordAll(output: Output, provider: Provider): void {
  const register = whatToRegister(provider);
  output.record({
    ...provider,
    register_steps: filledIn(provider),
    ...(register !== undefined && { to_register: register }),
  });
  if (provider.configured || register === undefined) return;
  output.notice(
    `No client is set. Once it is registered: sigilforge provider set ${provider.id} --client-id ID`,
  );
}
