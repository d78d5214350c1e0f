import type { Command } from 'commander';

/** What stands below a command's options: a few command lines to copy, and where to read on. */
export interface HelpNotes {
  /** The command line, and what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly notes?: string;
  readonly seeAlso?: readonly string[];
}

export function addNotes(command: Command, { examples, notes, seeAlso }: HelpNotes): Command {
  const parts = [
    ...(notes === undefined ? [] : [notes]),
    ['Examples:', ...examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  ${line}`])].join('\n'),
    ...(seeAlso === undefined ? [] : [`See also: ${seeAlso.join(', ')}`]),
  ];
  return command.addHelpText('after', `\n${parts.join('\n\n')}`);
}
