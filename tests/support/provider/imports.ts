import type { Api } from '../../../shared/contract/index.js';
import type { FakeAnswer, FakeProvider, ReceivedRequest } from './fake-provider.js';

/** A provider whose token endpoint answers as it is told, and an account of it that came by a refresh token. */
export interface ImportedAccount {
  readonly name: { readonly service: string; readonly account: string };
  /** The refresh token that it was imported with, and that the provider left as it is. */
  readonly refreshToken: string;
  /** What the token endpoint answers from now on. */
  answer(body: unknown, more?: Omit<FakeAnswer, 'body'>): void;
  /** The refresh requests since the import. */
  requests(): ReceivedRequest[];
}

/** Imports an account whose access token, `first`, lives for an hour. No two have the same refresh token. */
export async function importAccount(
  api: Api,
  fake: FakeProvider,
  service: string,
  account: string,
): Promise<ImportedAccount> {
  const refreshToken = `rt-${service}-${account}`;
  let answer: FakeAnswer = {
    body: { access_token: 'first', token_type: 'Bearer', expires_in: 3600, scope: 'read write' },
  };
  fake.route('POST /token', () => answer);
  await api.addAccount({ service, account, credential: { refresh_token: refreshToken } });
  const before = fake.sentTo('POST /token').length;
  return {
    name: { service, account },
    refreshToken,
    answer(body, more = {}) {
      answer = { ...more, body };
    },
    requests: () => fake.sentTo('POST /token').slice(before),
  };
}
