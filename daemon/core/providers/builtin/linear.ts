import { type BuiltinProvider, defineProvider } from './define.js';

export const linear: BuiltinProvider = defineProvider({
  id: 'linear',
  name: 'Linear',
  authorization_endpoint: 'https://linear.app/oauth/authorize',
  token_endpoint: 'https://api.linear.app/oauth/token',
  // The name of the field tells the kind of token, so only refresh tokens are sent in this one.
  revocation: {
    endpoint: 'https://api.linear.app/oauth/revoke',
    token: 'refresh_only',
    field: 'refresh_token',
    auth: 'none',
  },
  flows: ['authorization_code', 'client_credentials'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  client_secret: 'optional',
  default_scopes: ['read', 'write'],
  scope_separator: ',',
  // Whether the port is free is not documented.
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'always' },
  register_url: 'https://linear.app/settings/api/applications/new',
  register_steps: [
    'Fill in the name of the application and of its developer.',
    'Paste {redirect_uri} into "Callback URLs".',
    'Press "Create" and copy the "Client ID". No secret is needed to sign in.',
  ],
  notes: "Client credentials must be turned on in the application's settings, and act as the application.",
  sources: ['linear.app: OAuth 2.0 authentication'],
});
