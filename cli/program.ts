import { Command, CommanderError } from 'commander';
import { VERSION } from '../shared/version.js';
import { isFreshHome } from './access/fresh-home.js';
import { beginning } from './arguments/beginning.js';
import { addCommands, addHelpCommand, operandsOf } from './arguments/command.js';
import { type Context, globalOptions } from './arguments/context.js';
import { addNotes, helpStyle } from './arguments/help.js';
import { withOwnValues } from './arguments/own-values.js';
import { isShown, usageError, withCommand } from './arguments/usage.js';
import { commands, HELP_GROUP } from './commands.js';

/** Reads the arguments with commander and runs the command that they name. */
export async function runCommand(args: readonly string[], context: Context): Promise<void> {
  if (args.length === 0 && process.stdout.isTTY && (await isFreshHome())) {
    for (const line of beginning(commands.map(({ name }) => name))) context.output.value(line);
    return;
  }
  const program = createProgram();
  const operands = operandsOf(args);
  await addCommands(program, context, commands, operands);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw describeFor(deepest(program, operands), thrown);
    if (!isShown(thrown)) throw usageError(thrown, deepest(program, operands));
  }
}

function createProgram(): Command {
  const program = new Command('sigilforge')
    .description('Sign in once, and every program gets a token that works.')
    .usage('COMMAND [options]')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureHelp(helpStyle)
    .configureOutput({
      // Commander takes a missing command for an error and shows the help; errors are worded in usage.ts.
      writeErr: (text) => process.stdout.write(text),
      outputError: () => undefined,
    });
  addHelpCommand(program, HELP_GROUP);
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

/** What a command threw, with its name and the person's arguments in the hint. */
function describeFor(command: Command, thrown: unknown): unknown {
  return withOwnValues(withCommand(thrown, command), command);
}

/** The command that the operands lead to, for the sentence about a mistake in them. */
function deepest(command: Command, [name, ...rest]: readonly string[]): Command {
  const next = command.commands.find(
    (subcommand) => subcommand.name() === name || (name !== undefined && subcommand.aliases().includes(name)),
  );
  return next ? deepest(next, rest) : command;
}
