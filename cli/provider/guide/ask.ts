import { placeholdersIn } from '../../../shared/address-template.js';
import { openBrowser } from '../../../shared/browser.js';
import type { ParamsOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Provider } from '../../../shared/provider.js';
import type { Output } from '../../terminal/output.js';
import { askLine } from '../../terminal/prompt.js';
import { pageWidth } from '../../terminal/wrap.js';
import { type Judged, judgeClientId, judgePlace, judgeSecret } from './judged.js';
import { guideLines } from './text.js';
import type { Wanted } from './wanted.js';

/** What a person has answered, as settings of the provider. */
export type Answers = Pick<ParamsOf<'set_provider'>, 'client_id' | 'client_secret' | 'address_params'>;

interface Guided {
  readonly output: Output;
  readonly provider: Provider;
  readonly wanted: Wanted;
  /** Whether a browser can be opened. */
  readonly browser: boolean;
  /** The command that begins again. */
  readonly again: string;
  /** What is true if they stop here, after "This was cancelled". */
  readonly stopped?: string;
}

/** Shows a person what to do at the provider, and asks for what that brings. Nothing is stored yet. */
export async function askForClient(guided: Guided): Promise<Answers> {
  const { output, provider, wanted, again, stopped = 'nothing was stored' } = guided;
  for (const line of guideLines(provider, wanted, pageWidth())) output.say(line);
  output.say('');
  try {
    await offerPage(guided);
    return await answersFor(provider, wanted);
  } catch (thrown) {
    if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'cancelled') throw thrown;
    throw new SigilforgeError('cancelled', `This was cancelled, and ${stopped}.`, {
      hint: `Start again when you are ready: ${again}`,
    });
  }
}

async function offerPage({ output, provider: { register_url }, wanted, browser }: Guided): Promise<void> {
  if (!wanted.clientId && wanted.secret === 'none') return;
  if (!browser || register_url === null || placeholdersIn(register_url).length > 0) return;
  const faultOf = (text: string): string | undefined =>
    YES.test(text) || NO.test(text) ? undefined : 'Answer y or n.';
  const answer = await askLine({ name: 'Open that page in your browser? (y/N)', faultOf });
  if (!YES.test(answer)) return;
  // A browser that has started may fail all the same.
  const isOpened = await openBrowser(register_url);
  output.say(
    isOpened
      ? 'If it does not open, open the address above yourself.'
      : 'No browser could be opened. Open the address above yourself.',
  );
}

const YES = /^\s*y(es)?\s*$/i;
const NO = /^\s*(n|no)?\s*$/i;

async function answersFor(provider: Provider, { clientId, secret, places }: Wanted): Promise<Answers> {
  const client_id = clientId ? await ask('Client id', (text) => judgeClientId(provider, text)) : undefined;
  const isOptional = secret === 'optional';
  const known = client_id ?? provider.client_id;
  const name = isOptional ? 'Client secret (hidden; Enter to go without)' : 'Client secret (hidden)';
  const client_secret =
    secret === 'none'
      ? ''
      : await ask(name, (text) => judgeSecret(provider.id, isOptional, known, text), true);
  const address_params: Record<string, string> = {};
  for (const place of places) address_params[place] = await ask(place, (text) => judgePlace(place, text));
  return {
    ...(client_id !== undefined && { client_id }),
    ...(client_secret !== '' && { client_secret }),
    ...(places.length > 0 && { address_params }),
  };
}

async function ask(name: string, judge: (text: string) => Judged, isHidden = false): Promise<string> {
  const faultOf = (text: string): string | undefined => {
    const judged = judge(text);
    return 'fault' in judged ? judged.fault : undefined;
  };
  const judged = judge(await askLine({ name, isHidden, faultOf }));
  return 'value' in judged ? judged.value : '';
}
