import { type BuiltinProvider, defineProvider } from './define.js';

export const x: BuiltinProvider = defineProvider({
  id: 'x',
  name: 'X (Twitter)',
  authorization_endpoint: 'https://x.com/i/oauth2/authorize',
  token_endpoint: 'https://api.x.com/2/oauth2/token',
  revocation: { endpoint: 'https://api.x.com/2/oauth2/revoke' },
  flows: ['authorization_code'],
  pkce: 'required',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: ['users.read', 'tweet.read', 'offline.access'],
  // "localhost" is refused there, and the address is compared whole.
  redirect: { uri: 'http://127.0.0.1:8484/callback', port: 'fixed' },
  // The scope offline.access brings it. A used one that is sent again ends the whole grant.
  refresh: { issued: 'with_params', rotates: 'always' },
  register_url: 'https://console.x.com',
  register_steps: [
    'Make an app, or open the one that you have, and press "Set up" under "User authentication settings".',
    'As "Type of App" choose "Native App", which has no secret.',
    'Paste {redirect_uri} into "Callback URI / Redirect URL", and any address into "Website URL". Then save.',
    'Copy the "Client ID" of OAuth 2.0, which is neither the API key nor the bearer token.',
  ],
  notes:
    'The plan of your developer account decides what the tokens may call. An access token lives two hours.',
  sources: [
    'docs.x.com: OAuth 2.0 authorization code flow with PKCE',
    'docs.x.com: user access token',
    'developer.x.com: callback URLs ("do not use localhost")',
    'trypostit/trypost: issue 126 (refresh tokens are single-use)',
    'arcticjs.dev: Twitter',
  ],
});
