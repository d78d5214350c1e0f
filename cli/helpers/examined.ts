import { existsSync } from 'node:fs';
import type { AccountInfo } from '../../shared/contract/index.js';
import { isInPath } from '../files/in-path.js';
import type { Helper, Setup } from './helper.js';

/** A helper as `helper list` shows it. */
export interface ExaminedHelper {
  readonly name: string;
  readonly summary: string;
  /** Whether the program that it is for is in PATH. */
  readonly found: boolean;
  readonly setups: readonly ExaminedSetup[];
}

interface ExaminedSetup {
  readonly file: string;
  readonly serves: string;
  readonly account: string | null;
  readonly works: boolean;
  /** Why it does not work. */
  readonly problem: string | null;
}

/** Whether what is set up works. `accounts`: all there are, `undefined` if they cannot be told. */
export async function examined(
  helper: Helper,
  accounts: readonly AccountInfo[] | undefined,
): Promise<ExaminedHelper> {
  const found = [helper.program, ...(helper.alternatives ?? [])].some((program) => isInPath(program));
  const setups = (await helper.examine()).map((setup): ExaminedSetup => {
    const problem = found ? (faultOf(setup, accounts) ?? null) : `${helper.program} is not in PATH.`;
    const account = [setup.service, setup.account].filter((name) => name !== undefined).join('/') || null;
    return { file: setup.file, serves: setup.serves, account, works: problem === null, problem };
  });
  return { name: helper.name, summary: helper.summary, found, setups };
}

function faultOf(
  { starts, looksFor = 'sigilforge', service, account }: Setup,
  accounts: readonly AccountInfo[] | undefined,
): string | undefined {
  if (starts === undefined && !isInPath(looksFor)) return `${looksFor} is not in PATH.`;
  if (starts !== undefined && !existsSync(starts))
    return `${starts} is not there any more; install it again.`;
  if (accounts === undefined) return 'The accounts cannot be asked for now.';
  if (service === undefined) return undefined;
  const fitting = accounts.filter(
    (known) => known.service === service && (account === undefined || known.account === account),
  );
  if (fitting.length === 0) return 'There is no such account.';
  if (fitting.every(({ state }) => state !== 'ok')) return 'The account needs a new sign-in.';
  return undefined;
}
