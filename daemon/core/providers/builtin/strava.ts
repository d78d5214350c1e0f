import { type BuiltinProvider, defineProvider } from './define.js';

export const strava: BuiltinProvider = defineProvider({
  id: 'strava',
  name: 'Strava',
  authorization_endpoint: 'https://www.strava.com/oauth/authorize',
  token_endpoint: 'https://www.strava.com/api/v3/oauth/token',
  revocation: {
    endpoint: 'https://www.strava.com/oauth/deauthorize',
    token: 'access',
    field: null,
    body: 'empty',
    auth: 'bearer',
  },
  flows: ['authorization_code'],
  // Not a word of it in the documentation.
  pkce: 'unknown',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  default_scopes: ['read', 'activity:read'],
  scope_separator: ',',
  // Only the host is registered.
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  // A refresh may bring another one, and the old one is then dead.
  refresh: { issued: 'always', rotates: 'sometimes' },
  answer_fields: ['athlete.id'],
  register_url: 'https://www.strava.com/settings/api',
  register_steps: [
    'Fill in a name, a category and any website.',
    'Into "Authorization Callback Domain" put only the host of {redirect_uri}, without http:// and the path.',
    'Press "Create" and choose a picture for the app.',
    'Copy the "Client ID" and the "Client Secret". Both are needed.',
  ],
  notes:
    'A person may untick scopes while signing in. An access token lives six hours. Until Strava has reviewed the app, only your own account may sign in.',
  sources: [
    'developers.strava.com: authentication',
    'dblock/strava-ruby-client: endpoints/oauth.rb (deauthorize)',
    'arcticjs.dev: Strava',
  ],
});
