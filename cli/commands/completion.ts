import type { Command } from 'commander';
import { readChoice } from '../arguments/choices.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { plainWords } from '../completion/bash-words.js';
import { complete } from '../completion/complete.js';
import { linesOf } from '../completion/print.js';
import { SCRIPTS } from '../completion/scripts/index.js';
import { SHELLS, type Shell } from '../completion/shells.js';
import type { Output } from '../terminal/output.js';

/** How each shell reads its script at every start. */
const INSTALLED: Readonly<Record<Shell, string>> = {
  bash: "echo 'source <(sigilforge completion bash)' >> ~/.bashrc",
  zsh: "echo 'source <(sigilforge completion zsh)' >> ~/.zshrc",
  fish: 'sigilforge completion fish > ~/.config/fish/completions/sigilforge.fish',
};

export function configure(command: Command, context: Context): void {
  command
    .usage('[SHELL] [options]')
    .argument('[SHELL]', `${SHELLS.join(', ')}; without it, how to install each`)
    .argument('[WORD...]', 'after --: prints what fits at the last of these words, as the scripts ask it')
    .action((shell: string | undefined, words: string[]) => {
      if (shell === undefined) return showInstalling(context.output);
      const known = readChoice('SHELL', shell, SHELLS);
      if (words.length === 0) return context.output.bytes(SCRIPTS[known]);
      return printWords(command, context.output, known, words);
    });
  addNotes(command, {
    notes:
      'TAB then completes commands, options, and the names of accounts, services, providers, secrets, capabilities, runs and doors that the running daemon knows. It never starts a daemon, opens the vault or shows a secret.',
    examples: [
      ['sigilforge completion', 'how to install it in each shell'],
      ...SHELLS.map(
        (shell) => [INSTALLED[shell], `install it in ${shell}, for shells that start later`] as const,
      ),
    ],
  });
}

function showInstalling(output: Output): void {
  for (const shell of SHELLS) output.value(`${shell}\t${INSTALLED[shell]}`);
}

/** Prints nothing if anything fails: a person is typing, and an error would stand in the middle of their line. */
async function printWords(
  command: Command,
  output: Output,
  shell: Shell,
  typed: readonly string[],
): Promise<void> {
  try {
    for (const line of await linesFor(command.parent ?? command, shell, typed)) output.value(line);
  } catch {
    process.exitCode = 0;
  }
}

async function linesFor(program: Command, shell: Shell, typed: readonly string[]): Promise<string[]> {
  if (shell !== 'bash') return linesOf(await complete(program, typed));
  const { words, places, redirects } = plainWords(typed);
  if (redirects) return linesOf({ what: 'files', before: '' });
  const answer = await complete(program, words);
  return linesOf(
    answer.what === 'program' ? { ...answer, begins: places[answer.begins] ?? answer.begins } : answer,
  );
}
