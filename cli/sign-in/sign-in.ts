import { isRemote } from '../../shared/browser.js';
import type { AccountInfo, Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { ifRedirectIsRefused, ifScopesAreRefused } from '../provider/registration.js';
import { isAttended } from '../terminal/attended.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { Output } from '../terminal/output.js';
import { canAsk } from '../terminal/prompt.js';
import { pastedAddresses } from './pasted-addresses.js';
import { present } from './present.js';

/** The client that signs in, and the terminal of the person. */
export interface Surroundings {
  readonly client: Pick<Api, 'addAccount' | 'waitFlow' | 'completeFlow' | 'cancelFlow' | 'getProvider'>;
  readonly output: Output;
}

/** A sign-in that waits for a person. */
interface Waiting extends Surroundings {
  readonly started: ResultOf<'add_account'>;
  readonly flow_id: string;
  readonly provider: string;
  readonly areScopesNamed: boolean;
  /** Aborted when the sign-in is over, for better or worse. */
  readonly over: AbortSignal;
}

export interface Options {
  readonly browser: boolean;
}

/** What a sign-in has stored, and what the person should know about it. */
export type SignedIn = Pick<ResultOf<'complete_flow'>, 'account' | 'notices'>;

/** How long one `wait_flow` waits: short enough to notice a lost connection, long enough not to be polling. */
const WAIT_S = 20;

/** Signs in and returns what was stored. A signal cancels the flow, so that nothing waits for a person who has left. */
export async function signIn(
  surroundings: Surroundings,
  request: ParamsOf<'add_account'>,
  options: Options,
): Promise<SignedIn> {
  const { client, output } = surroundings;
  const started = await untilInterrupted(output.waiting('Asking the provider…', client.addAccount(request)));
  const { flow_id } = started;
  if (flow_id === null) return storedBy(started);
  const ending = new AbortController();
  const provider = request.provider ?? request.service;
  const areScopesNamed = request.scopes !== undefined;
  const over = ending.signal;
  const waiting: Waiting = { client, output, started, flow_id, provider, areScopesNamed, over };
  try {
    return await untilInterrupted(follow(waiting, options));
  } catch (thrown) {
    if (thrown instanceof SigilforgeError && thrown.kind === 'cancelled') await cancel(waiting);
    throw thrown;
  } finally {
    ending.abort();
  }
}

/** What was stored, from whichever comes first: the provider's own end of the flow, or an address that is pasted. */
async function follow(waiting: Waiting, options: Options): Promise<SignedIn> {
  const { output, started } = waiting;
  const elsewhere = !options.browser || isRemote();
  await present(output, started, { browser: !elsewhere && isAttended() });
  await adviseOnErrors(waiting);
  const end = waitForEnd(waiting);
  if (!elsewhere || started.authorization_url === null) {
    return output.waiting('Waiting for you to sign in…', end);
  }
  // The terminal takes long lines before the prompt.
  const pasted = completeByPaste(waiting);
  output.say('If the browser cannot return here, paste the address it was redirected to, and press Enter:');
  return Promise.race([end, pasted]);
}

/** Servers show some errors only in the browser, and do not come back: the person has to know what to do about them. */
async function adviseOnErrors({ client, output, started, provider, areScopesNamed }: Waiting): Promise<void> {
  if (started.authorization_url === null || !URL.canParse(started.authorization_url)) return;
  const query = new URL(started.authorization_url).searchParams;
  const uri = query.get('redirect_uri');
  if (uri === null || output.quiet) return;
  const known = await client.getProvider({ id: provider }).catch(() => undefined);
  output.notice(ifRedirectIsRefused(uri, known?.provider));
  const scopes = ifScopesAreRefused(query.get('scope') ?? '', known?.provider);
  if (scopes !== undefined && !areScopesNamed) output.notice(scopes);
}

async function waitForEnd({ client, flow_id, over }: Waiting): Promise<SignedIn> {
  while (!over.aborted) {
    const end = await client.waitFlow({ flow_id, timeout_s: WAIT_S });
    if (end.state === 'complete') return storedBy(end);
  }
  throw new SigilforgeError('cancelled', 'The sign-in is over.');
}

/** Takes pasted addresses. Resolves with what was stored, and never if the input ends without one. */
async function completeByPaste({ client, output, flow_id, over }: Waiting): Promise<SignedIn> {
  for await (const line of pastedAddresses(over)) {
    const redirect_url = line.trim();
    if (redirect_url === '') continue;
    try {
      return await client.completeFlow({ flow_id, redirect_url });
    } catch (thrown) {
      if (!isWrongPaste(thrown)) throw thrown;
      output.warn('This is not the address of this sign-in. Paste the whole address from the browser.');
    }
  }
  return new Promise<never>(() => undefined);
}

/** Whether a person can paste again. Without a terminal there is no person to do it. */
function isWrongPaste(thrown: unknown): boolean {
  return canAsk() && thrown instanceof SigilforgeError && thrown.kind === 'invalid_params';
}

async function cancel({ client, flow_id }: Waiting): Promise<void> {
  // If this fails too, the flow ends by its own time limit; the person has left either way.
  await client.cancelFlow({ flow_id }).catch(() => undefined);
}

function storedBy({ account, notices }: { account: AccountInfo | null; notices: string[] }): SignedIn {
  if (account !== null) return { account, notices };
  throw new SigilforgeError('internal_error', 'The sign-in ended without an account.');
}
