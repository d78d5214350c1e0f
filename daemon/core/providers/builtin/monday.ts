import { type BuiltinProvider, defineProvider } from './define.js';

export const monday: BuiltinProvider = defineProvider({
  id: 'monday',
  name: 'monday.com',
  authorization_endpoint: 'https://auth.monday.com/oauth2/authorize',
  // That of OAuth 2.1, which every new app has; older ones are asked at /oauth2/token.
  token_endpoint: 'https://auth.monday.com/oauth_ms/oauth/token',
  flows: ['authorization_code'],
  pkce: 'required',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  default_scopes: ['me:read', 'boards:read'],
  // Whether http is accepted for "localhost" is not documented.
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'unknown' },
  // Its documentation has no such parameter.
  param_names: { response_type: '' },
  register_url: 'https://monday.com/developers/apps/manage',
  register_steps: [
    'Press "Create app" and give it a name.',
    'Open "OAuth & permissions". On "Scopes", tick what you will ask for: me:read and boards:read are the default. Save them.',
    'On "Redirect URLs", add {redirect_uri}.',
    'Under "General settings", copy the "Client ID" and the "Client secret". Both are needed.',
    'If someone else will sign in, an admin of their account has to install the app first.',
  ],
  notes:
    'An app from before OAuth 2.1 became the default has another token endpoint: sigilforge provider set monday --token-endpoint https://auth.monday.com/oauth2/token --pkce off.',
  sources: [
    'developer.monday.com: OAuth 2.1',
    'developer.monday.com: OAuth and permissions',
    'developer.monday.com: migrating to the new OAuth 2.1 flow',
    'mondaycom/welcome-apps: apps/oauth-example',
    'NangoHQ/nango: providers.yaml',
  ],
});
