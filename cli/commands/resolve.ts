import type { Command } from 'commander';
import type { SigilforgeClient } from '../../client/index.js';
import type { ResultOf } from '../../shared/contract.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Context } from '../context.js';
import { addNotes } from '../help.js';
import { withClient } from '../session.js';

type Resolved = ResultOf<'resolve'>;

export function configure(command: Command, context: Context): void {
  command
    .argument('<REFERENCE>', 'auth://SERVICE/ACCOUNT/TYPE, secret://KEY or env://NAME')
    .option('--explain', 'list the sources and what each of them has, without the value')
    .action((reference: string, options: { explain?: boolean }) =>
      printValue(context, reference, options.explain ?? false),
    );
  addNotes(command, {
    notes:
      'What nobody else knows is looked up last in the environment: SIGILFORGE_SERVICE_ACCOUNT_TYPE\nfor auth://, SIGILFORGE_SECRET_KEY for secret://.',
    examples: [
      ['sigilforge resolve auth://github/work/token', 'print a token that works'],
      ['sigilforge resolve auth://github/work/token --explain', 'see where it would come from'],
    ],
    seeAlso: ['sigilforge get-token'],
  });
}

/** Prints the value behind a reference, or with `explain` where it was looked for. */
export async function printValue(context: Context, reference: string, explain: boolean): Promise<void> {
  const isVariable = reference.startsWith('env://');
  if (explain) {
    const sources = isVariable ? nowhere() : await withClient(context, (client) => ask(client, reference));
    return printSources(context, await addEnvironment(sources, reference));
  }
  const resolved = isVariable ? await readVariable(reference) : await lookUp(context, reference);
  context.output.result(resolved, () => print(context, resolved));
}

async function lookUp(context: Context, reference: string): Promise<Resolved> {
  try {
    return await withClient(context, (client) => client.resolve({ reference }));
  } catch (thrown) {
    const { withEnvironment } = await import('../../client/environment.js');
    return withEnvironment(reference, thrown);
  }
}

async function readVariable(reference: string): Promise<Resolved> {
  const { resolveVariable } = await import('../../client/environment.js');
  return resolveVariable(reference);
}

function print({ output }: Context, { value, encoding }: Resolved): void {
  if (encoding === 'base64') output.bytes(Buffer.from(value ?? '', 'base64'));
  else output.value(value ?? '');
}

async function ask(client: SigilforgeClient, reference: string): Promise<Resolved> {
  try {
    return await client.resolve({ reference, explain: true });
  } catch (thrown) {
    if (thrown instanceof SigilforgeError && thrown.kind === 'not_found') return nowhere();
    throw thrown;
  }
}

function nowhere(): Resolved {
  return {
    value: null,
    encoding: 'utf8',
    metadata: { kind: 'external', source: null, expires_at: null, sources: [] },
  };
}

/** The same with one more line: the caller's environment, which no daemon reads. */
async function addEnvironment(explained: Resolved, reference: string): Promise<Resolved> {
  const { sourceInEnvironment } = await import('../../client/environment.js');
  const last = sourceInEnvironment(reference);
  const sources = [...(explained.metadata.sources ?? []), ...(last === undefined ? [] : [last])];
  return { ...explained, metadata: { ...explained.metadata, sources } };
}

function printSources({ output }: Context, explained: Resolved): void {
  output.result(explained, () => {
    const sources = explained.metadata.sources ?? [];
    output.table(
      ['source', 'outcome'],
      sources.map(({ source, outcome }) => [source, outcome]),
    );
  });
}
