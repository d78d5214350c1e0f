import { browserPlace } from '../../../shared/browser-place.js';
import type { Api, ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Provider } from '../../../shared/provider.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { isAttended } from '../../terminal/attended.js';
import type { Output } from '../../terminal/output.js';
import { pageWidth } from '../../terminal/wrap.js';
import { knownProvider } from '../known.js';
import { needsClient } from '../state.js';
import { askForClient } from './ask.js';
import { guideCommands, guideLines } from './text.js';
import { type Wanted, wantedFor } from './wanted.js';

/** `provider set ID` without any setting: says what to register at the provider, and asks a person for it. */
export async function setByGuide(context: Context, id: string): Promise<void> {
  const { output } = context;
  await withClient(context, async (client) => {
    const { provider } = await output.waiting('Asking the provider…', knownProvider(client, id));
    if (!needsClient(provider)) throw needsNoClient(provider);
    const wanted = wantedFor(provider);
    if (output.json || !isAttended()) throw nothingToSet(output, provider, wanted);
    const again = `sigilforge provider set ${id}`;
    const answers = await askForClient({
      output,
      provider,
      wanted,
      browser: browserPlace().opens !== undefined,
      again,
    });
    await client.setProvider({ id, ...answers });
    output.notice(`The client of ${provider.name} is stored. Sign in with: sigilforge add-account ${id} me`);
  });
}

/** After a client id was set whose secret is missing: asks a person for it, or says how to set it. */
export async function withSecret(
  { output }: Context,
  client: Pick<Api, 'setProvider'>,
  set: ResultOf<'set_provider'>,
): Promise<ResultOf<'set_provider'>> {
  const { provider } = set;
  const again = `sigilforge provider set ${provider.id} --client-secret`;
  if (output.json || !isAttended()) {
    output.notice(`A client of ${provider.name} needs its secret, too. Set it with: ${again} < secret.txt`);
    return set;
  }
  const wanted = { ...wantedFor(provider, 'client_secret'), places: [] };
  const stopped = 'only the client id is set';
  const answers = await askForClient({ output, provider, wanted, browser: false, again, stopped });
  const whole = await client.setProvider({ id: provider.id, ...answers });
  output.notice(`The client of ${provider.name} is stored.`);
  return whole;
}

/** Shows the guide unless the result is for a program. */
function nothingToSet(output: Output, provider: Provider, wanted: Wanted): SigilforgeError {
  const { id, name } = provider;
  const lines = [
    ...guideLines(provider, wanted, pageWidth()),
    '',
    'Then run:',
    ...guideCommands(id, wanted, `sigilforge add-account ${id} me`),
  ];
  if (!output.json) for (const line of lines) output.say(line);
  return new SigilforgeError('config', `Nothing was set for ${name}: no option says what.`, {
    hint: `Set its client with: sigilforge provider set ${id} --client-id ID`,
  });
}

function needsNoClient({ id, name }: Provider): SigilforgeError {
  return new SigilforgeError('config', `${name} needs no client, so nothing was set.`, {
    hint: `Store your API key with: sigilforge add-account ${id} me --api-key`,
  });
}
