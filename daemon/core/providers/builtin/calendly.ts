import { type BuiltinProvider, defineProvider } from './define.js';

export const calendly: BuiltinProvider = defineProvider({
  id: 'calendly',
  name: 'Calendly',
  authorization_endpoint: 'https://auth.calendly.com/oauth/authorize',
  token_endpoint: 'https://auth.calendly.com/oauth/token',
  revocation: { endpoint: 'https://auth.calendly.com/oauth/revoke' },
  flows: ['authorization_code'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  client_secret: 'optional',
  // http only for "localhost", and only for apps of the environment "Sandbox".
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // Each is used once, and does not expire until then.
  refresh: { issued: 'always', rotates: 'always' },
  answer_fields: ['owner', 'organization'],
  register_url: 'https://developer.calendly.com/console/apps',
  register_steps: [
    'Sign up as a developer, which is not your Calendly account, and make a new OAuth app.',
    'Choose the kind "native", and the environment "Sandbox", which accepts a redirect to this machine.',
    'Paste {redirect_uri} as the redirect URI.',
    'Choose the scopes that the tokens need: without any they may do nothing.',
    'Copy the "Client ID". If a "Client Secret" is shown, copy it too: it is shown only once.',
  ],
  notes:
    'An app of the environment "Production" accepts only https: sigilforge provider set calendly --redirect-uri https://localhost:8484/callback, and paste the address that the browser was redirected to. An access token lives two hours.',
  sources: [
    'developer.calendly.com: creating an OAuth app',
    'developer.calendly.com: get authorization code',
    'developer.calendly.com: how to handle single-use refresh tokens',
    'developer.calendly.com: how to access Calendly data on behalf of authenticated users',
  ],
});
