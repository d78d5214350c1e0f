import { SigilforgeError } from '../../shared/errors.js';
import { badArgument } from '../arguments/context.js';
import type { Output } from '../terminal/output.js';
import { canAsk, confirm } from '../terminal/prompt.js';
import { type Change, plannedChanges } from './changes.js';
import type { DefinitionChange } from './definition.js';
import type { Edit } from './helper.js';
import type { HelperOptions } from './options.js';

/** Whether the changes are only shown, asked about, or made at once. */
export interface Proposal {
  readonly print?: boolean;
  readonly yes?: boolean;
}

/** What is for every helper, and what is for one. */
export function splitOptions({ print = false, yes = false, ...options }: HelperOptions & Proposal): {
  readonly proposal: Proposal;
  readonly options: HelperOptions;
} {
  return { proposal: { print, yes }, options };
}

/** Throws, before anything is looked at, if a question would have no answer. */
export function assertAnswerable({ print, yes }: Proposal, hint: string): void {
  if (print || yes || canAsk()) return;
  throw badArgument('There is no terminal to ask on.', hint);
}

/** Shows the changes, and gives them once they are agreed to; `undefined` if they are only shown. */
export async function propose(
  output: Output,
  edits: readonly Edit[],
  { print, yes }: Proposal,
  question: string,
  definition?: DefinitionChange,
): Promise<readonly Change[] | undefined> {
  const changes = plannedChanges(edits);
  const shown = [...(definition ? [definition] : []), ...changes].map(({ file, lines }) => ({ file, lines }));
  if (print) {
    output.result({ changes: shown }, () => {
      for (const { file, lines } of shown) output.value([`# ${file}`, ...lines].join('\n'));
    });
    return undefined;
  }
  if (yes || shown.length === 0) return changes;
  for (const { file, lines } of shown) for (const line of [`# ${file}`, ...lines]) output.say(line);
  if (await confirm(question)) return changes;
  throw new SigilforgeError('denied', 'Nothing was changed.', {
    hint: 'To change it, answer yes or add --yes.',
  });
}
