import { type Command, Option } from 'commander';
import type { SigilforgeError } from '../../../shared/errors.js';
import { COLUMNS, cellsOf, followRecords, type Wanted } from '../../access/audit.js';
import { openClient, withClient } from '../../access/client.js';
import { addCommands, type CommandEntry } from '../../arguments/command.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { readSince } from '../../arguments/since.js';

const subcommands: readonly CommandEntry[] = [
  {
    name: 'verify',
    summary: 'Check that no other program has changed the record',
    load: () => import('./verify.js'),
  },
];

interface Options {
  readonly since: string;
  readonly reference?: string;
  readonly program?: string;
  readonly follow?: boolean;
}

export async function configure(
  command: Command,
  context: Context,
  operands: readonly string[],
): Promise<void> {
  command
    .addOption(
      new Option(
        '--since <TIME>',
        'only what happened since then: 30m, 12h, 7d, or a time in ISO 8601',
      ).default('24h'),
    )
    .option('--reference <REFERENCE>', 'only what is about this reference; * stands for one whole segment')
    .option('--program <PROGRAM>', 'only what this executable or script got: its path, or its last name')
    .option('--follow', 'go on with what happens from now on, until you press Ctrl-C')
    .action((options: Options) => audit(context, options));
  // An option with a value may stand before the subcommand.
  await addCommands(command, context, subcommands, operands.includes('verify') ? ['verify'] : operands);
  command.hook('preSubcommand', () => {
    const isGiven = (option: string) => command.getOptionValueSource(option) === 'cli';
    if (['since', 'reference', 'program', 'follow'].some(isGiven)) throw everyRow();
  });
  addNotes(command, {
    notes:
      'What is handed out for the first time to a process has a row at once, and after that one a minute with a count. A process is the one that connected: it may have passed the connection on, and any program can run under the name of another.',
    examples: [
      ['sigilforge audit', 'what was handed out and refused in the last 24 hours'],
      [
        "sigilforge audit --since 7d --reference 'auth://github/*/token'",
        'who got a token of GitHub this week',
      ],
      ['sigilforge audit --program main.py --follow', 'what a script gets, as it happens'],
      ['sigilforge audit verify', 'whether the record is as it was written'],
    ],
    seeAlso: ['sigilforge events', 'sigilforge vault status'],
  });
}

async function audit(
  context: Context,
  { since, reference, program, follow = false }: Options,
): Promise<void> {
  const { output } = context;
  const wanted: Wanted = { since: readSince(since), reference, program };
  if (follow) return await followed(context, wanted);
  const result = await withClient(context, (client) => client.listAudit(wanted));
  output.result(result, () => {
    if (result.records.length > 0) output.table(COLUMNS, result.records.map(cellsOf));
    else output.notice('Nothing was handed out or refused in that time.');
  });
}

function everyRow(): SigilforgeError {
  return badArgument(
    'audit verify checks every row.',
    'Leave out --since, --reference, --program and --follow.',
  );
}

async function followed(context: Context, wanted: Wanted): Promise<void> {
  const client = await openClient(context);
  try {
    await followRecords(client, context.output, wanted);
  } finally {
    await client.close();
  }
}
