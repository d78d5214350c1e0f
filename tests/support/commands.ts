import { Command } from 'commander';
import { addCommands } from '../../cli/arguments/command.js';
import { createContext, globalOptions } from '../../cli/arguments/context.js';
import { commands, type commands as Entries } from '../../cli/commands.js';

/** The command that these words lead to, with its options and arguments, and the words that are left. */
async function commandOf(words: readonly string[]): Promise<{ command: Command; rest: string[] }> {
  const program = new Command('sigilforge');
  for (const flag of Object.keys(globalOptions)) program.option(flag);
  await addCommands(program, createContext([]), commands, words);
  let command = program;
  const rest = [...words];
  for (;;) {
    const next = command.commands.find((subcommand) => subcommand.name() === rest[0]);
    if (next === undefined) return { command, rest };
    command = next;
    rest.shift();
  }
}

/** Every option of every command, such as `--flow`. */
export async function everyOption(entries: typeof Entries = commands): Promise<Set<string>> {
  const options = new Set<string>([...Object.keys(globalOptions), '--help', '--version']);
  for (const { name } of entries) {
    const { command } = await commandOf([name]);
    const below = await Promise.all(
      command.commands.map(async (sub) => (await commandOf([name, sub.name()])).command),
    );
    for (const { long } of [command, ...below].flatMap((one) => one.options)) if (long) options.add(long);
  }
  return options;
}

/** What is wrong with a command line: a word that is not a command, an option or an argument that it does not have. */
export async function faultIn(line: string): Promise<string | undefined> {
  const [, ...words] = line.split(' ');
  const { command, rest } = await commandOf(words);
  if (command.commands.length > 0 && rest[0]?.startsWith('-') === false) return `${rest[0]} is not a command`;
  const known = [...command.options, ...(command.parent?.parent ?? command.parent ?? command).options];
  const operands: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '<') break;
    if (word === '--') operands.push(...rest.splice(0));
    else if (!word.startsWith('-')) operands.push(word);
    else if (word !== '--help') {
      const option = known.find(({ long, short }) => long === word || short === word);
      if (option === undefined) return `${word} is not an option`;
      if (option.required && (rest.shift() ?? '-').startsWith('-')) return `${word} has no value`;
    }
  }
  const { registeredArguments: wanted } = command;
  const needed = wanted.filter(({ required }) => required).length;
  const isVariadic = wanted.some(({ variadic }) => variadic);
  if (line.endsWith('--help')) return undefined;
  if (operands.length < needed) return 'an argument is missing';
  return operands.length > wanted.length && !isVariadic ? 'there is an argument too many' : undefined;
}

/** Where a command line in a hint ends: at the end of its sentence or of its clause. */
const END = /\. |, |; |\)| \(|\.$|\{\}\{\}$|$/;

/** The command lines in a hint, each after a colon. */
export function commandsIn(hint: string): string[] {
  return [...hint.matchAll(/: (?=sigilforge )/g)].map(({ index }) => {
    const rest = hint.slice(index + 2);
    return rest.slice(0, END.exec(rest)?.index);
  });
}
