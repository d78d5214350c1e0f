import type { Command } from 'commander';
import type { ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { parseReference } from '../../shared/reference.js';
import { isVariableReference } from '../../shared/reference-schemes.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

type Resolved = ResultOf<'resolve'>;

export function configure(command: Command, context: Context): void {
  command
    .argument('<REFERENCE>', 'auth://SERVICE/ACCOUNT/TYPE, secret://KEY, env://NAME or ref+SCHEME://…')
    .option('--explain', 'list the sources and whether each has the value, without printing it')
    .action((reference: string, options: { explain?: boolean }) => printValue(context, reference, options));
  addNotes(command, {
    notes:
      'If no other source has the value, it is looked up in the environment: SIGILFORGE_SERVICE_ACCOUNT_TYPE for auth://, SIGILFORGE_SECRET_KEY for secret://.',
    examples: [
      ['sigilforge resolve auth://github/work/token', 'print a token that works'],
      ['sigilforge resolve secret://openai/api-key', 'print a secret'],
      ['sigilforge resolve auth://github/work/token --explain', 'see where it would come from'],
    ],
    seeAlso: ['sigilforge exec', 'sigilforge get-token', 'sigilforge secret'],
  });
}

/** Prints the value behind a reference, or with `explain` the sources that were searched. */
async function printValue(
  context: Context,
  reference: string,
  { explain = false }: { readonly explain?: boolean },
): Promise<void> {
  // What is not a reference may be a value, and goes nowhere.
  parseReference(reference);
  const resolved = await resolve(context, { reference, ...(explain && { explain }) });
  context.output.result(resolved, () =>
    explain ? printSources(context, resolved) : print(context, resolved),
  );
}

async function resolve(context: Context, params: ParamsOf<'resolve'>): Promise<Resolved> {
  if (!isVariableReference(params.reference)) return withClient(context, (client) => client.resolve(params));
  // The environment is that of this process, so neither daemon nor library is needed.
  const { resolveVariableHere } = await import('../../client/references/resolve.js');
  return resolveVariableHere(params);
}

function print({ output }: Context, { value, encoding }: Resolved): void {
  if (encoding === 'base64') output.bytes(Buffer.from(value ?? '', 'base64'));
  else output.value(value ?? '');
}

function printSources({ output }: Context, { metadata }: Resolved): void {
  const sources = metadata.sources ?? [];
  output.table(
    ['source', 'outcome'],
    sources.map(({ source, outcome }) => [source, outcome]),
  );
}
