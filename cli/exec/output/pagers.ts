import path from 'node:path';

/** Programs that read keys from the terminal that their output goes to. */
const READERS = new Set(['less', 'more', 'most', 'pg', 'man', 'info', 'tig']);

/** Programs that show their output by a pager, and for which of their subcommands. */
const PAGED = new Map([
  ['git', /^(log|diff|show|blame|reflog|shortlog|grep|branch|tag|stash|config)$/],
  ['journalctl', /(?:)/],
  ['systemctl', /(?:)/],
  ['aws', /(?:)/],
  ['gh', /(?:)/],
  ['bat', /(?:)/],
  ['delta', /(?:)/],
]);

const SHELLS = new Set(['bash', 'zsh', 'fish', 'sh', 'dash', 'ksh', 'tcsh']);

/**
 * Whether a program is known to need the terminal itself for both keys and output: a pager, what starts one, or a shell
 * that is typed into. With `--mask` the two are different terminals.
 */
export function needsWholeTerminal(
  [program = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
): boolean {
  const name = path.basename(program);
  const subcommand = args.find((argument) => !argument.startsWith('-')) ?? '';
  if (SHELLS.has(name)) return subcommand === '';
  if (READERS.has(name)) return true;
  return environment['PAGER'] !== 'cat' && (PAGED.get(name)?.test(subcommand) ?? false);
}
