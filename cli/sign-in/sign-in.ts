import { createInterface } from 'node:readline';
import type { AccountInfo, Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { isAttended, isRemote } from '../terminal/browser.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { Output } from '../terminal/output.js';
import { present } from './present.js';

type SignInApi = Pick<Api, 'addAccount' | 'waitFlow' | 'completeFlow' | 'cancelFlow'>;

/** How long one `wait_flow` waits: short enough that a lost connection shows, long enough to be no polling. */
const WAIT_S = 20;

/** Signs in and answers the account. A signal gives the flow up, so that nothing waits for a person who has left. */
export async function signIn(
  client: SignInApi,
  request: ParamsOf<'add_account'>,
  output: Output,
  options: { readonly browser: boolean },
): Promise<AccountInfo> {
  const started = await untilInterrupted(output.waiting('Asking the provider…', client.addAccount(request)));
  const { flow_id } = started;
  if (flow_id === null) return accountOf(started);
  const over = new AbortController();
  try {
    return await untilInterrupted(follow(client, started, flow_id, output, options, over.signal));
  } catch (thrown) {
    if (thrown instanceof SigilforgeError && thrown.kind === 'cancelled') await giveUp(client, flow_id);
    throw thrown;
  } finally {
    over.abort();
  }
}

/** The account, by whichever comes first: the provider's own end of the flow, or an address that is pasted. */
async function follow(
  client: SignInApi,
  started: ResultOf<'add_account'>,
  flow_id: string,
  output: Output,
  options: { readonly browser: boolean },
  over: AbortSignal,
): Promise<AccountInfo> {
  const elsewhere = !options.browser || isRemote();
  await present(output, started, !elsewhere && isAttended());
  const end = waitForEnd(client, flow_id, over);
  if (!elsewhere || started.authorization_url === null)
    return output.waiting('Waiting for you to sign in…', end);
  output.say('If the browser cannot get back here, paste the address that it ended on:');
  return Promise.race([end, completeByPaste(client, flow_id, output, over)]);
}

async function waitForEnd(client: SignInApi, flow_id: string, over: AbortSignal): Promise<AccountInfo> {
  while (!over.aborted) {
    const { state, account } = await client.waitFlow({ flow_id, timeout_s: WAIT_S });
    if (state === 'complete') return accountOf({ account });
  }
  throw new SigilforgeError('cancelled', 'The sign-in is over.');
}

/** Takes pasted addresses from standard input. Ends with the account, or never where the input ends without one. */
async function completeByPaste(
  client: SignInApi,
  flow_id: string,
  output: Output,
  over: AbortSignal,
): Promise<AccountInfo> {
  const lines = createInterface({ input: process.stdin, terminal: false });
  over.addEventListener('abort', () => lines.close());
  for await (const line of lines) {
    const redirect_url = line.trim();
    if (redirect_url === '') continue;
    try {
      return (await client.completeFlow({ flow_id, redirect_url })).account;
    } catch (thrown) {
      if (!isWrongPaste(thrown)) throw thrown;
      output.warn('This is not the address of this sign-in. Paste the whole address from the browser.');
    }
  }
  return new Promise<never>(() => undefined);
}

/** Whether a person can simply paste again. Without a terminal there is nobody who would. */
function isWrongPaste(thrown: unknown): boolean {
  return process.stdin.isTTY && thrown instanceof SigilforgeError && thrown.kind === 'invalid_params';
}

async function giveUp(client: SignInApi, flow_id: string): Promise<void> {
  // Where even this fails the flow ends by its own time limit; the person has left either way.
  await client.cancelFlow({ flow_id }).catch(() => undefined);
}

function accountOf({ account }: { account: AccountInfo | null }): AccountInfo {
  if (account !== null) return account;
  throw new SigilforgeError('internal_error', 'The sign-in ended without an account.');
}
