import { SigilforgeError } from '../../shared/errors.js';
import { printable } from '../../shared/printable.js';
import { CANCELLED } from '../terminal/interrupt.js';

/** The same error; if a person gave up, it says that nothing was stored, and how they start again. */
export function withStartAgain(thrown: unknown, args: readonly string[]): unknown {
  if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'cancelled') return thrown;
  if (thrown.hint.includes('remove-account')) return thrown;
  const begins = `Start again with: ${commandLine(args)}`;
  // Other sentences say themselves what was stored and what not.
  const hint = thrown.message === CANCELLED ? `Nothing was stored. ${begins}` : begins;
  return new SigilforgeError('cancelled', thrown.message, { hint, cause: thrown });
}

/** As the person typed it, without the values of parameters, which may be anything. */
function commandLine(args: readonly string[]): string {
  const shown = args.map((word, index) => {
    if (args[index - 1] === '--param') return word.replace(/=.*/s, '=VALUE');
    return word.startsWith('--param=') ? word.replace(/^(--param=[^=]*)=.*/s, '$1=VALUE') : word;
  });
  return ['sigilforge', ...shown.map(shellWord)].join(' ');
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", "'\\''")}'`;
}
