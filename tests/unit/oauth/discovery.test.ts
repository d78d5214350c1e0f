import { expect, test } from 'vitest';
import type { HttpAnswer } from '../../../daemon/core/oauth/http/http.js';
import { discover } from '../../../daemon/core/oauth/metadata/discovery.js';
import { answerOf, recordHttp } from '../../support/provider/oauth-clients.js';

const issuer = 'https://id.example.org/realms/one';
const metadata = { issuer, token_endpoint: 'https://id.example.org/token' };

const discovered = (answer: HttpAnswer) =>
  discover(recordHttp(() => answer).http, { id: 'own', issuer, iss: [], issuerVaries: false });

const moved = (location: string) => answerOf('', 302, { location });

test.each<[string, HttpAnswer, string, string]>([
  ['the page of a network', moved('http://portal.example.net/x'), 'not https', 'the network may want you'],
  ['a script', moved('javascript:alert(1)'), 'redirects to no address', 'Check the issuer'],
  ['a file', moved('file:///etc/passwd'), 'redirects to no address', 'Check the issuer'],
  ['status 511', answerOf('<h1>Sign in</h1>', 511), 'is not JSON', 'the network may want you'],
  ['status 408', answerOf('', 408), 'is not well now (status 408)', 'Try again in a minute'],
])('the sentence about %s is true', async (_, answer, message, hint) => {
  const failed = (await discovered(answer).catch((thrown: unknown) => thrown)) as Error & { hint: string };
  expect(failed.message).toContain(message);
  expect(failed.hint).toContain(hint);
  expect(failed.hint).not.toContain('--issuer');
});

test.each(['/token', 'token', '', 7])(
  'an endpoint that is not an address does not count: %j',
  async (endpoint) => {
    const found = await discovered(answerOf({ ...metadata, authorization_endpoint: endpoint }));
    expect(found).toMatchObject({ authorization_endpoint: null, token_endpoint: metadata.token_endpoint });
  },
);
