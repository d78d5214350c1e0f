import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { asSigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { resolvePaths } from '../../../shared/paths.js';
import type { Context } from '../../arguments/context.js';
import { readCount } from '../../arguments/count.js';
import { addNotes } from '../../arguments/help.js';
import { entryCells } from '../../log/entry.js';
import { fileLines } from '../../log/file-lines.js';
import { journalLines } from '../../log/journal-lines.js';
import { hasJournal } from '../../service/use.js';
import { untilInterrupted } from '../../terminal/interrupt.js';

interface Options {
  readonly lines: string;
  readonly follow?: true;
}

export function configure(command: Command, context: Context): void {
  command
    .option('--lines <N>', 'how many of the last lines to show', '50')
    .option('--follow', 'go on with what is logged from now on, until you press Ctrl-C')
    .action((options: Options) => logs(context, options));
  addNotes(command, {
    notes:
      'The log of an installed service is in the journal of systemd, any other in a file. It has no value of a credential in it. With --json each line is as it was written.',
    examples: [
      ['sigilforge daemon logs', 'the last 50 lines'],
      ['sigilforge daemon logs --lines 500 --json', 'more of them, for a program'],
      ['sigilforge daemon logs --follow', 'as it happens'],
    ],
    seeAlso: ['sigilforge daemon log-level', 'sigilforge events', 'sigilforge audit'],
  });
}

async function logs({ output }: Context, options: Options): Promise<void> {
  const wanted = { lines: readCount('--lines', options.lines), follow: options.follow === true };
  const over = new AbortController();
  const { logFile } = resolvePaths();
  const fromJournal = hasJournal();
  if (!fromJournal && !existsSync(logFile)) output.notice(`There is no log yet: ${logFile}`);
  const found = fromJournal ? journalLines(wanted, over.signal) : fileLines(logFile, wanted, over.signal);
  try {
    await untilInterrupted(Promise.race([output.readerGone(), show(output, found)]));
  } catch (thrown) {
    // Ctrl-C is the usual way to end it.
    if (!wanted.follow || asSigilforgeError(thrown).kind !== 'cancelled') throw thrown;
  } finally {
    over.abort();
  }
}

async function show(output: Context['output'], lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    if (!output.json) output.line({}, entryCells(line));
    else output.value(parseJson(line) === undefined ? JSON.stringify({ text: line }) : line);
  }
}
