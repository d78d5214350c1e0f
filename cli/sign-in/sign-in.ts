import { browserPlace, isRemote } from '../../shared/browser-place.js';
import type { AccountInfo, Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Provider } from '../../shared/provider.js';
import { ifRedirectIsRefused, ifScopesAreRefused } from '../provider/registration.js';
import { isAttended } from '../terminal/attended.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { Output } from '../terminal/output.js';
import { canAsk } from '../terminal/prompt.js';
import { asClock, secondsLeft } from '../terminal/time-left.js';
import { pastedAddresses } from './pasted-addresses.js';
import { beginWithoutBrowser } from './preferred-flow.js';
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
  readonly request: ParamsOf<'add_account'>;
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
  const started = await begin(surroundings, request, options);
  const { flow_id } = started;
  if (flow_id === null) return storedBy(started);
  const ending = new AbortController();
  const provider = request.provider ?? request.service;
  const over = ending.signal;
  const waiting: Waiting = { client, output, started, flow_id, provider, request, over };
  try {
    return await untilInterrupted(follow(waiting, options));
  } catch (thrown) {
    if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'cancelled') throw thrown;
    throw (await isTooLateToCancel(waiting)) ? storedAllTheSame(request) : thrown;
  } finally {
    ending.abort();
  }
}

/** Where a person sits who can open no browser here, the device flow is the better one. */
function begin(
  surroundings: Surroundings,
  request: ParamsOf<'add_account'>,
  options: Options,
): Promise<ResultOf<'add_account'>> {
  const { client, output } = surroundings;
  const hasBrowser = options.browser && browserPlace().opens !== undefined;
  if (!hasBrowser && isAttended()) return beginWithoutBrowser(surroundings, request);
  return untilInterrupted(output.waiting('Asking the provider…', client.addAccount(request)));
}

/** What was stored, from whichever comes first: the provider's own end of the flow, or an address that is pasted. */
async function follow(waiting: Waiting, options: Options): Promise<SignedIn> {
  const { client, output, started, provider: id, request } = waiting;
  const known = await client.getProvider({ id }).catch(() => undefined);
  const { opens, obstacle } = browserPlace();
  // Who names the device flow means another device.
  const isWanted = options.browser && isAttended() && request.flow !== 'device_code';
  await present(output, started, {
    browser: isWanted && opens !== undefined,
    obstacle: isWanted ? obstacle : undefined,
  });
  if (!output.quiet) adviseOnErrors(waiting, known?.provider);
  const end = waitForEnd(waiting);
  if (started.authorization_url === null || !takesPaste(options)) return output.waiting(clock(started), end);
  // The terminal takes long lines before the prompt, and shows the clock below it.
  let isAsked = false;
  const text = clock(started);
  const pasted = completeByPaste(waiting, end, () => (isAsked ? text() : ''));
  output.say('If the browser cannot return here, paste the address it was redirected to, and press Enter:');
  isAsked = true;
  return Promise.race([end, pasted]);
}

/** A person can always paste. A pipe or a file is read only where the address must come by hand. */
function takesPaste(options: Options): boolean {
  return canAsk() || !options.browser || isRemote();
}

/** That it waits, and how long it will. */
function clock({ expires_at }: ResultOf<'add_account'>): () => string {
  return () => {
    const seconds = secondsLeft(expires_at);
    return `Waiting for you to sign in…${seconds === undefined ? '' : ` ${asClock(seconds)} left`}`;
  };
}

function queryOf({ authorization_url: url }: ResultOf<'add_account'>): URLSearchParams | undefined {
  return url !== null && URL.canParse(url) ? new URL(url).searchParams : undefined;
}

/** Servers show some errors only in the browser, and do not come back: the person has to know what to do about them. */
function adviseOnErrors({ output, started, request }: Waiting, known: Provider | undefined): void {
  const query = queryOf(started);
  const uri = query?.get(known?.param_names['redirect_uri'] || 'redirect_uri') ?? null;
  if (uri === null) return;
  if (!registeredItself(request, known)) output.notice(ifRedirectIsRefused(uri, known));
  const scopes = ifScopesAreRefused(query?.get('scope') ?? '', known);
  if (scopes !== undefined && request.scopes === undefined) output.notice(scopes);
}

/** Whether no person has named a client: the one that registered itself has said where it is sent back to. */
function registeredItself({ client_id, issuer }: Waiting['request'], known: Provider | undefined): boolean {
  return client_id === undefined && (known ? known.client_id === null : issuer !== undefined);
}

async function waitForEnd({ client, flow_id, over }: Waiting): Promise<SignedIn> {
  while (!over.aborted) {
    const end = await client.waitFlow({ flow_id, timeout_s: WAIT_S });
    if (end.state === 'complete') return storedBy(end);
  }
  throw new SigilforgeError('cancelled', 'The sign-in is over.');
}

/** Takes pasted addresses. Resolves with what was stored, and as `end` does if the input ends without one. */
async function completeByPaste(
  { client, output, flow_id, over, started }: Waiting,
  end: Promise<SignedIn>,
  idle: () => string,
): Promise<SignedIn> {
  for await (const line of pastedAddresses(over, output.isWatched && !output.quiet ? idle : undefined)) {
    const redirect_url = line.trim();
    if (redirect_url === '') continue;
    try {
      return await client.completeFlow({ flow_id, redirect_url });
    } catch (thrown) {
      if (!isWrongPaste(thrown)) throw thrown;
      output.warn('This is not the address of this sign-in. Paste the whole address from the browser.');
    }
  }
  return over.aborted ? end : output.waiting(clock(started), end);
}

/** Whether a person can paste again. Without a terminal there is no person to do it. */
function isWrongPaste(thrown: unknown): boolean {
  return canAsk() && thrown instanceof SigilforgeError && thrown.kind === 'invalid_params';
}

/** Cancels the flow, so that nothing is stored any more, unless it has ended well in the meantime. */
async function isTooLateToCancel({ client, flow_id }: Waiting): Promise<boolean> {
  try {
    if ((await client.cancelFlow({ flow_id })).cancelled) return false;
    return (await client.waitFlow({ flow_id, timeout_s: 1 })).state === 'complete';
  } catch {
    // If this fails, the flow ends by its own time limit; the person has left either way.
    return false;
  }
}

function storedAllTheSame({ service, account }: ParamsOf<'add_account'>): SigilforgeError {
  return new SigilforgeError(
    'cancelled',
    'This was cancelled too late: the account was stored just before.',
    {
      hint: `Keep it, or remove it with: sigilforge remove-account ${service} ${account}`,
    },
  );
}

function storedBy({ account, notices }: { account: AccountInfo | null; notices: string[] }): SignedIn {
  if (account !== null) return { account, notices };
  throw new SigilforgeError('internal_error', 'The sign-in ended without an account.');
}
