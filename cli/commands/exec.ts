import type { Command } from 'commander';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import type { ExecOptions } from '../exec/request.js';
import { runWith } from '../exec/run.js';

export function configure(command: Command, context: Context): void {
  command
    .usage('[options] -- COMMAND [ARG...]')
    .argument('<COMMAND>', 'the program, after --')
    .argument('[ARG...]', 'its arguments')
    .option('--env <NAME=REF>', 'a variable with the value of a reference', append)
    .option('--env-file <FILE>', 'variables from a file; values that are references are looked up', append)
    .option('--file <NAME=REF>', 'a private file with the value, its path in the variable', append)
    .option('--stdin <REF>', 'the value as standard input')
    .option('--fd <N=REF>', 'the value to be read from descriptor N', append)
    .option('--mask', 'hide the values in the output, on a terminal too')
    .option('--no-mask', 'hide nothing; without either, the values are hidden in output that is no terminal')
    .option('--allow-env <NAME>', 'set a variable that changes how programs load', append)
    .action((program: string, args: string[], options: Partial<ExecOptions>) => {
      if (!process.argv.includes('--')) {
        throw badArgument('The program stands after --.', 'sigilforge exec --env NAME=REF -- COMMAND ARG...');
      }
      return runWith(context, [program, ...args], { ...NONE, ...options });
    });
  addNotes(command, {
    notes: [
      'A value reaches the program alone: never a file that stays, an argument, or the history of a shell.',
      'Variables of the environment whose whole value is auth://… or secret://… are looked up as well.',
      'If any reference fails, the program is not started. Otherwise the exit code is its own: 128+N when signal N',
      'ended it, 127 when there is no such program, 126 when it may not be run, 125 when it could not be started.',
    ].join('\n'),
    examples: [
      ['sigilforge exec --env GH_TOKEN=auth://github/work/token -- gh pr list', 'a token for one command'],
      ['sigilforge exec --env-file .env -- npm start', 'a whole .env that has references instead of values'],
      ['GH_TOKEN=auth://github/work/token sigilforge exec -- gh pr list', 'references in the environment'],
      [
        'sigilforge exec --file KUBECONFIG=secret://kube/config -- kubectl get pods',
        'a file for its lifetime',
      ],
      [
        'sigilforge exec --stdin secret://registry/password -- docker login -u me --password-stdin',
        'a value on standard input',
      ],
    ],
    seeAlso: ['sigilforge inject', 'sigilforge resolve'],
  });
}

const NONE: ExecOptions = { env: [], envFile: [], file: [], fd: [], allowEnv: [] };

function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
