import type { SigilforgeClient } from '../../../client/index.js';
import { type FakeAnswer, type FakeProvider, startFakeProvider } from './fake-provider.js';

/** A provider whose token endpoint answers as the test says. */
export interface FakeTokenEndpoint extends FakeProvider {
  /** Resolves when the next token request has come; it is answered by calling the result. */
  held(): Promise<(answer: FakeAnswer) => void>;
  /** Tells a daemon of it, under the id `fake`. */
  configure(client: SigilforgeClient, secret?: string): Promise<void>;
}

export async function startFakeTokenEndpoint(): Promise<FakeTokenEndpoint> {
  const provider = await startFakeProvider();
  return {
    ...provider,
    held: () =>
      new Promise((arrived) => {
        provider.route('POST /token', () => new Promise((answer) => arrived(answer)));
      }),
    async configure(client, secret) {
      await client.setProvider({
        id: 'fake',
        authorization_endpoint: `${provider.url}/authorize`,
        token_endpoint: `${provider.url}/token`,
        client_id: 'a client',
        client_auth: secret === undefined ? 'none' : 'client_secret_post',
        ...(secret === undefined ? {} : { client_secret: secret }),
        flows: ['authorization_code', 'import'],
      });
    },
  };
}
