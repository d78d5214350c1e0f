import { Command, CommanderError } from 'commander';
import { VERSION } from '../shared/version.js';
import { type Context, globalOptions } from './arguments/context.js';
import { addNotes } from './arguments/help.js';
import { isShown, usageError } from './arguments/usage.js';
import { type CommandEntry, commands, HELP_GROUP } from './commands.js';

/** Reads the arguments with commander and runs what they name. Only the named command's file is loaded. */
export async function runProgram(args: readonly string[], context: Context): Promise<void> {
  const program = createProgram();
  const named = namedCommand(args);
  for (const entry of commands) await addCommand(program, entry, entry.name === named, context);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (!isShown(thrown)) throw usageError(thrown, deepest(program, args));
  }
}

function createProgram(): Command {
  const program = new Command('sigilforge')
    .description('Sign in once, and every program gets a token that works.')
    .usage('[options] COMMAND')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      // Help that commander shows for want of a command is help all the same; its errors are worded in usage.ts.
      writeErr: (text) => process.stdout.write(text),
      outputError: () => undefined,
    });
  program.addHelpCommand(
    new Command('help').argument('[COMMAND]').summary('Show the help of a command').helpGroup(HELP_GROUP),
  );
  for (const [flag, meaning] of Object.entries(globalOptions)) program.option(flag, meaning);
  return addNotes(program, {
    examples: [
      ['sigilforge add-account github work', 'sign in'],
      ['sigilforge get-token github work', 'print a token that works'],
      ['sigilforge get-token github work --format header | curl -H @- https://api.github.com/user', 'use it'],
    ],
    notes: 'sigilforge COMMAND --help says more about a command.',
  });
}

async function addCommand(
  program: Command,
  { name, group, summary, load }: CommandEntry,
  isNamed: boolean,
  context: Context,
): Promise<void> {
  const command = program.command(name).summary(summary).description(`${summary}.`).helpGroup(group);
  if (isNamed) (await load()).configure(command, context);
}

/** The first argument that is no option: none of the options before a command takes a value. */
function namedCommand(args: readonly string[]): string | undefined {
  const [first, second] = args.filter((argument) => !argument.startsWith('-'));
  return first === 'help' ? second : first;
}

/** The command that the arguments lead to, for the sentence about a mistake in them. */
function deepest(command: Command, args: readonly string[]): Command {
  const [name, ...rest] = args.filter((argument) => !argument.startsWith('-'));
  const next = command.commands.find((one) => one.name() === name);
  return next ? deepest(next, rest) : command;
}
