import { expect, test } from 'vitest';
import { type SignedIn, signInCommand } from '../../../daemon/core/accounts/sign-in-command.js';
import { rebase } from '../../../daemon/core/providers/settings.js';
import { clientOf } from '../../support/provider/oauth-clients.js';

const work: SignedIn = {
  service: 'gitlab',
  account: 'work',
  flow: 'authorization_code',
  client: JSON.stringify(clientOf('gitlab')),
  minting: null,
  askedScopes: null,
};
const scopes = (...names: string[]) => JSON.stringify(names);
const moved = rebase(clientOf('gitlab'), 'https://git.example.org');
const app = {
  flow: 'github_app',
  app_id: '12',
  installation_id: '34',
  api: 'https://api.github.com',
  repositories: [],
  permissions: {},
};

test.each<[what: string, changed: Partial<SignedIn>, options: string]>([
  ['nothing unusual', {}, ''],
  ['the usual scopes', { askedScopes: scopes(...clientOf('gitlab').default_scopes) }, ''],
  ['other scopes', { askedScopes: scopes('api', 'read_user') }, ' --scopes api,read_user'],
  ['scopes that a shell would change', { askedScopes: scopes("it's", 'a$b') }, " --scopes 'it'\\''s,a$b'"],
  ['a provider of another name', { service: 'code' }, ' --provider gitlab'],
  ['a host of its own', { client: JSON.stringify(moved) }, ' --issuer https://git.example.org'],
  [
    'a resource',
    {
      client: JSON.stringify(clientOf('gitlab', { refresh_params: { resource: 'https://a.example/?x=1' } })),
    },
    " --param 'resource=https://a.example/?x=1'",
  ],
  [
    'a part of its address',
    { client: JSON.stringify(clientOf('gitlab', { address_params: { region: 'eu' } })) },
    ' --param region=eu',
  ],
  ['the device flow', { flow: 'device_code' }, ' --flow device_code'],
  ['client credentials', { flow: 'client_credentials' }, ' --flow client_credentials'],
  ['an import', { flow: 'import' }, ' --flow import'],
  ['an API key', { flow: 'api_key', client: null }, ' --api-key'],
  ['a key', { flow: 'jwt_bearer' }, ' --key-file FILE'],
  [
    'a GitHub App',
    { flow: 'github_app', minting: JSON.stringify(app) },
    ' --key-file FILE --app-id 12 --installation-id 34',
  ],
  ['a damaged client', { client: '{', askedScopes: '[1]', minting: 'x' }, ''],
])('signs in again as before: %s', (_, changed, options) => {
  const account = { ...work, ...changed };
  const command = `sigilforge add-account ${account.service} work --replace`;
  expect(signInCommand(account)).toBe(`${command}${options}`);
});
