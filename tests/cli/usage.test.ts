import { Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { addNotes, helpStyle } from '../../cli/arguments/help.js';
import { usageError } from '../../cli/arguments/usage.js';

/** A program with one of everything that a command line can get wrong. */
function createProgram(): Command {
  const program = new Command('sigilforge')
    .exitOverride()
    .configureHelp(helpStyle)
    .configureOutput({ outputError: () => undefined });
  program.option('--json', 'a switch');
  program
    .command('get-token')
    .argument('<SERVICE>', 'the service')
    .argument('[ACCOUNT]', 'the account')
    .option('-f, --format <FORMAT>', 'the format')
    .option('--min-valid <SECONDS>', 'a number')
    .option('--quick', 'a switch')
    .action(() => undefined);
  program
    .command('vault')
    .command('status')
    .action(() => undefined);
  return program;
}

/** The error of commander for these arguments. */
function errorOf(...args: string[]): CommanderError {
  try {
    createProgram().parse(args, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown;
    throw thrown;
  }
  throw new Error('commander found no mistake');
}

const command = (name: string): Command => {
  const found = createProgram().commands.find((subcommand) => subcommand.name() === name);
  if (found === undefined) throw new Error(`no command ${name}`);
  return found;
};

// usage.ts takes names out of these sentences. If a new version of commander words them differently, it must follow.
describe('the sentences of commander, word for word, and what becomes of them', () => {
  const hint = 'Show how it is used with: sigilforge get-token --help';

  test.each([
    [
      ['get-token', 'x', '--bogus=canary'],
      'commander.unknownOption',
      "error: unknown option '--bogus=canary'",
      'The option --bogus is not known.',
      hint,
    ],
    [
      ['get-token', 'x', '--fromat'],
      'commander.unknownOption',
      "error: unknown option '--fromat'\n(Did you mean --format?)",
      'The option --fromat is not known.',
      'Did you mean --format?',
    ],
    [
      ['get-token', 'x', '--quick=canary'],
      'commander.unknownOption',
      "error: unknown option '--quick=canary'",
      'The option --quick takes no value.',
      'A secret is never taken from the command line: leave the value out to be asked, or pipe it in.',
    ],
    [
      ['get-token', 'x', '-zcanary'],
      'commander.unknownOption',
      "error: unknown option '-zcanary'",
      'The option given is not known.',
      hint,
    ],
    [
      ['get-token', 'x', '--min-valid'],
      'commander.optionMissingArgument',
      "error: option '--min-valid <SECONDS>' argument missing",
      'The option --min-valid needs a value.',
      hint,
    ],
    [
      ['get-token', 'x', '-f'],
      'commander.optionMissingArgument',
      "error: option '-f, --format <FORMAT>' argument missing",
      'The option --format needs a value.',
      hint,
    ],
    [
      ['get-token'],
      'commander.missingArgument',
      "error: missing required argument 'SERVICE'",
      'SERVICE is missing: the service.',
      'Type: sigilforge get-token SERVICE',
    ],
    [
      ['get-token', 'a', 'b', 'canary'],
      'commander.excessArguments',
      "error: too many arguments for 'get-token'. Expected 2 arguments but got 3.",
      'There are more arguments than sigilforge get-token takes.',
      hint,
    ],
  ])('%j', (args, code, message, sentence, said) => {
    const error = errorOf(...args);
    expect(error).toMatchObject({ code, message });
    expect(usageError(error, command('get-token'))).toMatchObject({
      kind: 'invalid_params',
      message: sentence,
      hint: said,
    });
  });

  test.each([
    ['canary', "error: unknown command 'canary'", 'Show how it is used with: sigilforge --help'],
    ['get-tokn', "error: unknown command 'get-tokn'\n(Did you mean get-token?)", 'Did you mean get-token?'],
  ])('an unknown command: %s', (name, message, hint) => {
    const error = errorOf(name);
    expect(error).toMatchObject({ code: 'commander.unknownCommand', message });
    expect(usageError(error, createProgram())).toMatchObject({ message: 'There is no such command.', hint });
  });
});

describe('help', () => {
  test('writes usage lines and options as people type them', () => {
    expect(command('get-token').helpInformation()).toContain(
      'Usage: sigilforge get-token SERVICE [ACCOUNT] [options]',
    );
    expect(command('get-token').helpInformation()).toContain('-f, --format FORMAT');
    expect(command('vault').helpInformation()).toContain('Usage: sigilforge vault COMMAND [options]');
    const exec = command('get-token').usage('[options] -- COMMAND [ARG...]');
    expect(exec.helpInformation()).toContain('Usage: sigilforge get-token [options] -- COMMAND [ARG...]');
  });

  test('wraps notes at the width of the page, and keeps the lines to copy whole', () => {
    const long = `sigilforge ${'word '.repeat(30)}end`;
    let page = '';
    const documented = command('get-token').configureOutput({ writeOut: (text) => (page += text) });
    addNotes(documented, { notes: 'word '.repeat(30), examples: [[long, 'a long line']] }).outputHelp();
    const lines = page.split('\n');
    expect(lines).toContain(`  ${long}`);
    expect(lines.filter((line) => line.startsWith('word'))).toHaveLength(2);
    expect(lines.filter((line) => line.length > 80)).toEqual([`  ${long}`]);
  });
});
