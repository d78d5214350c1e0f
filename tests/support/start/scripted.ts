import { afterAll } from 'vitest';
import type { Api, ParamsOf } from '../../../shared/contract/index.js';
import { type FakeProvider, startFakeProvider } from '../provider/fake-provider.js';
import { startLibrary } from './backends.js';

/** The library, and a scripted server that stands in for providers with a form of their own. */
export interface Scripted {
  readonly fake: FakeProvider;
  readonly api: Api;
  /** Sets a provider at the scripted server, and returns its id. */
  own(settings?: Partial<ParamsOf<'set_provider'>>): Promise<string>;
}

/** Starts both for the tests of a file, after which they end. */
export async function startScripted(): Promise<Scripted> {
  const fake = await startFakeProvider();
  const backend = await startLibrary();
  afterAll(async () => {
    await backend.stop();
    await fake.stop();
  });
  const { api } = backend;
  let count = 0;
  const own = async (settings: Partial<ParamsOf<'set_provider'>> = {}): Promise<string> => {
    const id = `own${count++}`;
    await api.setProvider({
      id,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      device_authorization_endpoint: `${fake.url}/device`,
      client_id: 'client',
      ...settings,
    });
    return id;
  };
  return { fake, api, own };
}
