import { perform } from '../../cli/quickstart/perform.js';
import { type StoryProvider, TOKEN_LIFE } from '../../cli/quickstart/scene.js';
import { asSigilforgeError } from '../../shared/errors.js';
import { startOpenIdProvider } from '../support/provider/openid-provider.js';
import { signIn } from '../support/provider/person.js';
import { tellLibraryStory } from './library-story.js';

/** The story of `sigilforge quickstart` with a real OpenID provider, and how a program asks through the library. */
async function realProvider(): Promise<StoryProvider & { stop(): Promise<void> }> {
  const provider = await startOpenIdProvider({ accessTokenLife: TOKEN_LIFE });
  return {
    issuer: provider.issuer,
    clientId: provider.clients.native.clientId,
    introduction: 'It is a real one, the package oidc-provider.',
    introspect: (token) => provider.introspect(token),
    refreshes: () => provider.counts.token['refresh_token'] ?? 0,
    signIn: async (address) => void (await signIn(address)),
    stop: () => provider.stop(),
  };
}

perform({ provider: realProvider, more: tellLibraryStory }).catch((thrown: unknown) => {
  const { message, kind } = asSigilforgeError(thrown);
  process.stderr.write(`\n${message}\n`);
  process.exitCode = kind === 'cancelled' ? 130 : 1;
});
