import type { Command } from 'commander';
import type { SigilforgeClient } from '../../client/index.js';
import type { Library } from '../../client/load-library.js';
import { asSigilforgeError } from '../../shared/errors.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { untilInterrupted } from '../terminal/interrupt.js';

type Examined = Parameters<Parameters<Library['examine']>[0]['onFinding']>[0];

const EXIT_STATUS = { ok: 0, warning: 1, fault: 2 } as const;

/** How long the daemon may take to answer, in milliseconds. It answers within one; a busy machine may take more. */
const STATUS_LIMIT_MS = 5_000;
/** The same for comparing its whole record, below what one check may take. */
const RECORD_LIMIT_MS = 10_000;

export function configure(command: Command, context: Context): void {
  command
    .argument('[CHECK...]', 'only these, such as folders or native-parts')
    .option('--fix', 'do what is safe, and say what was done')
    .action((names: string[], { fix = false }: { fix?: boolean }) =>
      doctor(context, { fix, only: names.map((name) => name.replaceAll('-', ' ')) }),
    );
  addNotes(command, {
    notes:
      'The exit status is 0 if everything is all right, 1 with warnings, and 2 if something does not work. No token is refreshed, nothing is unlocked and no browser is opened. What --fix does: it closes own files and folders to others, removes a socket that a killed daemon has left, and no more.',
    examples: [
      ['sigilforge doctor', 'what is wrong, and what helps?'],
      ['sigilforge doctor --fix', 'mend what can be mended without a decision'],
      ['sigilforge doctor folders socket', 'look only at these'],
      ['sigilforge doctor --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge status', 'sigilforge daemon logs'],
  });
}

async function doctor(
  { output }: Context,
  asked: { readonly fix: boolean; readonly only: readonly string[] },
): Promise<void> {
  const { loadLibrary } = await import('../../client/load-library.js');
  // Not `withLibrary`, which refuses where only a door is open: the library then looks at nothing that is in the vault.
  const { examine } = await loadLibrary();
  const daemon = await output.waiting('Checking: daemon…', daemonAnswer());
  const found: Examined[] = [];
  await untilInterrupted(
    examine({
      ...{ ...asked, daemon },
      verifyAudit: () => askDaemon(RECORD_LIMIT_MS, (client) => client.verifyAudit()),
      watch: (name, check) => output.waiting(`Checking: ${name}…`, check),
      onFinding(finding) {
        found.push(finding);
        if (!output.json) show(output, finding);
      },
    }),
  );
  const worst =
    (['fault', 'warning'] as const).find((state) => found.some((one) => one.state === state)) ?? 'ok';
  output.result({ state: worst, findings: found }, () => {});
  process.exitCode = EXIT_STATUS[worst];
}

function show(output: Context['output'], { state, name, sentence, cure, fixed }: Examined): void {
  const below = [...fixed.map((what) => `done: ${what}`), ...(cure === null ? [] : [`→ ${cure}`])];
  output.finding(state, [name, sentence], below);
}

/** The daemon's status, why it gives none, or `null` if none runs. */
async function daemonAnswer() {
  try {
    return await askDaemon(STATUS_LIMIT_MS, (client) => client.status());
  } catch (thrown) {
    const error = asSigilforgeError(thrown);
    // With a cause, something that is there cannot be used.
    return error.kind === 'daemon_unavailable' && error.cause === undefined ? null : error;
  }
}

async function askDaemon<T>(timeout: number, ask: (client: SigilforgeClient) => Promise<T>): Promise<T> {
  const { connect } = await import('../../client/index.js');
  const client = await connect({ fallback: 'none', timeout });
  try {
    return await untilInterrupted(ask(client));
  } finally {
    await client.close();
  }
}
