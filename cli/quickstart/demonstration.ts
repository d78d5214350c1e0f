import { perform } from './perform.js';
import { startDemonstrationProvider } from './provider/provider.js';
import { type StoryProvider, TOKEN_LIFE } from './scene.js';

/** The quickstart of the installed package. `byHand`: the person presses the button on the provider's page. */
export function quickstart(byHand: boolean): Promise<void> {
  return perform({ byHand, provider: demonstrationProvider });
}

async function demonstrationProvider(): Promise<StoryProvider & { stop(): Promise<void> }> {
  const { issuer, clientId, introspect, refreshes, stop } = await startDemonstrationProvider(TOKEN_LIFE);
  return {
    ...{ issuer, clientId, refreshes, stop },
    introduction: 'It is a small one, made for this demonstration.',
    introspect: async (token) => introspect(token),
    signIn,
  };
}

/** Presses the button on the page, and goes back to the program, as a browser would. */
async function signIn(address: string): Promise<void> {
  const page = await (await fetch(address)).text();
  const request = /name="request" value="([\w-]+)"/.exec(page)?.[1] ?? '';
  const body = new URLSearchParams({ request });
  const { ok } = await fetch(new URL('/authorize', address), { method: 'POST', body });
  if (!ok) throw new Error('The sign-in did not come back to the program.');
}
