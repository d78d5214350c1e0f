import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addCommands, loadCommand } from '../../../cli/arguments/command.js';
import { createContext } from '../../../cli/arguments/context.js';
import { pathOf } from '../../../cli/arguments/help.js';
import { commands } from '../../../cli/commands.js';
import { CHECKS, kindOf } from '../../../cli/completion/kinds.js';
import { checks } from '../../../daemon/doctor/checks.js';

async function everyCommand(): Promise<Command[]> {
  const program = new Command('sigilforge');
  await addCommands(program, createContext([]), commands, []);
  return below(program);
}

async function below(command: Command): Promise<Command[]> {
  const found: Command[] = [];
  for (const one of command.commands) {
    await loadCommand(one);
    found.push(one, ...(await below(one)));
  }
  return found;
}

/** What TAB leaves to the shell, behind the `--` of exec, or shows nothing for. */
const NOT_COMPLETED = ['exec COMMAND', 'exec ARG', 'completion WORD', 'help COMMAND'];

test('of every argument and every option that takes a value, TAB knows what it is', async () => {
  const all = await everyCommand();
  const unknown = all.flatMap((command) => {
    const path = pathOf(command).slice('sigilforge '.length);
    const options = command.options.filter(({ required, optional }) => required || optional);
    return [...command.registeredArguments, ...options]
      .filter((of) => kindOf(command, of) === undefined)
      .map((of) => `${path} ${'flags' in of ? of.flags : of.name()}`);
  });
  expect(all.length).toBeGreaterThan(60);
  // A new one is entered in cli/completion/kinds.ts.
  expect(unknown.filter((one) => !NOT_COMPLETED.includes(one))).toEqual([]);
});

test('TAB knows what doctor looks at', () => {
  expect(CHECKS).toEqual(checks.map(({ name }) => name.replaceAll(' ', '-')).sort());
});
