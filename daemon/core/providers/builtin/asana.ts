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
  notes:
    'The scope "default" is for apps with full permissions; otherwise name each scope that the app has. Distribute the app to your workspace first.',
  sources: [
    'developers.asana.com: OAuth',
    'developers.asana.com: OAuth code samples and libraries',
    'Asana/developer-docs: _auth.html.md',
  ],
});
