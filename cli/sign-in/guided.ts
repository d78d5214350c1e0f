import { browserPlace } from '../../shared/browser-place.js';
import type { Api, ParamsOf } from '../../shared/contract/index.js';
import { type Needs, SigilforgeError } from '../../shared/errors.js';
import { askForClient } from '../provider/guide/ask.js';
import { guideCommands, guideLines } from '../provider/guide/text.js';
import { wantedFor } from '../provider/guide/wanted.js';
import { knownProvider } from '../provider/known.js';
import { isAttended } from '../terminal/attended.js';
import { CANCELLED, untilInterrupted } from '../terminal/interrupt.js';
import { pageWidth } from '../terminal/wrap.js';
import { type Options, type SignedIn, type Surroundings, signIn } from './sign-in.js';

type Request = ParamsOf<'add_account'>;

interface Guiding extends Surroundings {
  readonly client: Surroundings['client'] & Pick<Api, 'setProvider'>;
}

/**
 * Signs in. Where the provider's client is missing, or its secret, a person is told what to do and asked for it; then the
 * sign-in goes on. Without a terminal the same text comes before the error.
 */
export async function signInGuided(guiding: Guiding, request: Request, options: Options): Promise<SignedIn> {
  const asked = new Set<Needs>();
  for (;;) {
    try {
      return await signIn(guiding, request, options);
    } catch (thrown) {
      const needs = thrown instanceof SigilforgeError ? thrown.needs : undefined;
      if (asked.size > 0 && isCancelled(thrown)) throw clientKept();
      if (needs === undefined || asked.has(needs) || guiding.output.json) throw thrown;
      asked.add(needs);
      await supply(guiding, { request, options, needs, thrown });
    }
  }
}

function isCancelled(thrown: unknown): boolean {
  return thrown instanceof SigilforgeError && thrown.kind === 'cancelled' && thrown.message === CANCELLED;
}

function clientKept(): SigilforgeError {
  return new SigilforgeError('cancelled', 'This was cancelled. No account was stored; the client is kept.');
}

/** Stores what was missing, asked for on the terminal. Throws what was thrown if that is not possible. */
async function supply(
  { client, output }: Guiding,
  { request, options, needs, thrown }: { request: Request; options: Options; needs: Needs; thrown: unknown },
): Promise<void> {
  const { service, account, client_id } = request;
  const id = request.provider ?? service;
  const { provider } = await untilInterrupted(
    output.waiting('Asking the provider…', knownProvider(client, id)),
  );
  // Settings have one client: that of this sign-in must not take the place of another one.
  if (client_id !== undefined && provider.client_id !== null && client_id !== provider.client_id)
    throw thrown;
  const wanted = wantedFor(provider, needs, request.params ?? {});
  if (needs === 'address_part' && wanted.places.length === 0) throw thrown;
  const again = `sigilforge add-account ${service} ${account}`;
  if (!isAttended()) {
    for (const line of guideLines(provider, wanted, pageWidth())) output.say(line);
    output.say('');
    output.say('Then run:');
    for (const line of guideCommands(id, wanted, again)) output.say(line);
    throw thrown;
  }
  if (needs === 'client_secret' && thrown instanceof SigilforgeError) output.warn(thrown.message);
  const browser = options.browser && browserPlace().opens !== undefined;
  const answers = await askForClient({ output, provider, wanted, browser, again });
  await untilInterrupted(
    client.setProvider({ id, ...(client_id !== undefined && { client_id }), ...answers }),
  );
  output.notice(`What you entered is stored for ${provider.name}.`);
}
