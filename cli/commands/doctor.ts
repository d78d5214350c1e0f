import type { Command } from 'commander';
import { withLibrary } from '../../client/direct.js';
import type { Library } from '../../client/load-library.js';
import { asSigilforgeError } from '../../shared/errors.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

type Examined = Parameters<Parameters<Library['examine']>[0]['onFinding']>[0];

const EXIT_STATUS = { ok: 0, warning: 1, fault: 2 } as const;

export function configure(command: Command, context: Context): void {
  command
    .option('--fix', 'do what is safe, and say what was done')
    .action((options: { fix?: boolean }) => doctor(context, options.fix === true));
  addNotes(command, {
    notes:
      'The exit status is 0 if everything is all right, 1 with warnings, and 2 if something does not work.',
    examples: [
      ['sigilforge doctor', 'what is wrong, and what helps?'],
      ['sigilforge doctor --fix', 'mend what can be mended without a decision'],
      ['sigilforge doctor --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge status', 'sigilforge daemon logs'],
  });
}

async function doctor(context: Context, fix: boolean): Promise<void> {
  const { output } = context;
  const daemon = await daemonAnswer(context);
  const found: Examined[] = [];
  const onFinding = (finding: Examined): void => {
    found.push(finding);
    if (!output.json) show(context, finding);
  };
  await withLibrary((library) => library.examine({ daemon, fix, onFinding }));
  const worst =
    (['fault', 'warning'] as const).find((state) => found.some((one) => one.state === state)) ?? 'ok';
  output.result({ state: worst, findings: found }, () => {});
  process.exitCode = EXIT_STATUS[worst];
}

function show({ output }: Context, { state, name, sentence, cure, fixed }: Examined): void {
  const below = [...fixed.map((what) => `done: ${what}`), ...(cure === null ? [] : [`→ ${cure}`])];
  output.finding(state, [name, sentence], below);
}

/** The daemon's status, why it gives none, or `null` if none runs. */
async function daemonAnswer(context: Context) {
  try {
    return await withClient({ ...context, direct: false, fallback: false }, (client) => client.status());
  } catch (thrown) {
    const error = asSigilforgeError(thrown);
    return error.kind === 'daemon_unavailable' ? null : error;
  }
}
