import { type BuiltinProvider, defineProvider } from './define.js';

export const digitalocean: BuiltinProvider = defineProvider({
  id: 'digitalocean',
  name: 'DigitalOcean',
  authorization_endpoint: 'https://cloud.digitalocean.com/v1/oauth/authorize',
  token_endpoint: 'https://cloud.digitalocean.com/v1/oauth/token',
  // Ends the access token that also authorizes the request.
  revocation: {
    endpoint: 'https://cloud.digitalocean.com/v1/oauth/revoke',
    token: 'access',
    auth: 'bearer',
  },
  flows: ['authorization_code'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  // Clients without one come from registering themselves, not from the control panel.
  client_secret: 'required',
  default_scopes: ['read'],
  redirect: { uri: 'http://127.0.0.1:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'unknown' },
  register_url: 'https://cloud.digitalocean.com/account/api/applications',
  register_steps: [
    'Press the button that registers an OAuth application, and fill in its name, homepage and description.',
    'Paste {redirect_uri} into the callback URL.',
    'Open the application and copy the "Client ID" and the "Client Secret". Both are needed.',
  ],
  notes:
    'The scope read only reads; for changes: add-account --scopes read,write. You choose the team when signing in.',
  sources: [
    'docs.digitalocean.com: OAuth API (2026-09)',
    'oauth2-proxy.github.io: DigitalOcean',
    'docs.allauth.org: DigitalOcean (redirect to 127.0.0.1)',
  ],
});
