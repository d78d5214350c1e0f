import { type BuiltinProvider, defineProvider } from './define.js';

export const asana: BuiltinProvider = defineProvider({
  id: 'asana',
  name: 'Asana',
  authorization_endpoint: 'https://app.asana.com/-/oauth_authorize',
  token_endpoint: 'https://app.asana.com/-/oauth_token',
  // Access tokens are refused by it.
  revocation: { endpoint: 'https://app.asana.com/-/oauth_revoke', token: 'refresh_only' },
  flows: ['authorization_code'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  default_scopes: ['default'],
  // Any other address must be https, so a person pastes the code that Asana shows.
  redirect: { uri: 'urn:ietf:wg:oauth:2.0:oob', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'never' },
  register_url: 'https://app.asana.com/0/my-apps',
  register_steps: [
    'Press "Create new app", give it a name, and say what it is for.',
    'Open "OAuth" and add the redirect URL {redirect_uri}.',
    'Choose "Full permissions", which is the scope default, or tick the scopes that you will ask for.',
    'Open "Manage distribution" and add your workspace.',
    'Under "OAuth", copy the "Client ID" and the "Client secret". Both are needed.',
  ],
  notes:
    'If the app does not have full permissions, name each of its scopes when signing in: add-account --scopes tasks:read,users:read.',
  sources: [
    'developers.asana.com: OAuth',
    'developers.asana.com: OAuth code samples and libraries',
    'Asana/developer-docs: _auth.html.md',
  ],
});
