import type { Command } from 'commander';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { append } from '../arguments/pairs.js';
import type { ExecOptions } from '../exec/request/request.js';
import { execute } from '../exec/run.js';

export function configure(command: Command, context: Context): void {
  command
    .usage('[options] -- COMMAND [ARG...]')
    .argument('<COMMAND>', 'the program, after --')
    .argument('[ARG...]', 'its arguments')
    .option('--grant <REF>', 'let the program ask the daemon for this, and for nothing else', append)
    .option('--grant-for <TIME>', 'end the grants after a time, such as 15m or 1h')
    .option('--env <NAME=REF>', 'set NAME to the value of a reference', append)
    .option(
      '--env-file <FILE>',
      'set the variables in a file, or standard input (-); values that are references are resolved',
      append,
    )
    .option('--file <NAME=REF>', 'write the value to a private file and set NAME to its path', append)
    .option('--stdin <REF>', 'pass the value as standard input', append)
    .option('--fd <N=REF>', 'let the program read the value from descriptor N', append)
    .option('--mask', 'mask the values in the output, even on a terminal')
    .option('--no-mask', 'never mask (default: mask unless the output is a terminal)')
    .option('--allow-env <NAME>', 'allow a variable that decides what programs run, load or trust', append)
    .action((program: string, args: string[], options: Partial<ExecOptions>) => {
      if (!process.argv.includes('--')) {
        throw badArgument(
          'Write the program after --.',
          'Write it like this: sigilforge exec --env NAME=REF -- COMMAND',
        );
      }
      return execute(context, [program, ...args], { ...NONE, ...options });
    });
  addNotes(command, {
    notes:
      'Only the program gets a value: it is never in a file that remains, an argument, or the history of a shell. Inherited variables whose whole value is auth://… or secret://… are resolved too.\nIf any reference fails, the program is not started. Otherwise the exit code is that of the program: 128+N if signal N ended it, 127 if there is no such program, 126 if it cannot be executed, 125 if it could not be started.\nWhat it leaves running in the background is masked too, after this command has ended. On GitHub Actions and Azure Pipelines lines that register a mask (::add-mask::…, ##vso[task.setsecret]…) pass as they are. Descriptors that are open pass to the program; a copy of an output, as by 3>&1, is masked with it. With --mask on a terminal the program has a terminal of its own, which takes keys, Ctrl-Z and new sizes as usual.\nWith --grant the program may ask the running daemon itself, by SIGILFORGE_SOCKET or, in a sandbox that forbids Unix sockets, by SIGILFORGE_FD: for what is granted and for nothing else, until it ends or its door is closed. * stands for one whole segment.',
    examples: [
      [
        'sigilforge exec --grant auth://github/work/token -- ./agent',
        'a program that asks for its token by itself',
      ],
      [
        "sigilforge exec --grant 'secret://openai/*' --grant-for 1h -- ./agent",
        'each secret of a group, for an hour at most',
      ],
      ['sigilforge exec --env GH_TOKEN=auth://github/work/token -- gh pr list', 'a token for one command'],
      ['sigilforge exec --env-file .env -- npm start', 'a whole .env file with references instead of values'],
      ['GH_TOKEN=auth://github/work/token sigilforge exec -- gh pr list', 'references in the environment'],
      [
        'sigilforge exec --file KUBECONFIG=secret://kube/config -- kubectl get pods',
        'a file that exists while it runs',
      ],
      [
        'sigilforge exec --stdin secret://registry/password -- docker login -u me --password-stdin',
        'a value on standard input',
      ],
    ],
    seeAlso: ['sigilforge inject', 'sigilforge resolve', 'sigilforge door list'],
  });
}

const NONE: ExecOptions = { env: [], envFile: [], file: [], stdin: [], fd: [], grant: [], allowEnv: [] };
