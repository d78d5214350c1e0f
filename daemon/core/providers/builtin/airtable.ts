import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const airtable: BuiltinProvider = defineProvider({
  id: 'airtable',
  name: 'Airtable',
  authorization_endpoint: 'https://airtable.com/oauth2/v1/authorize',
  token_endpoint: 'https://airtable.com/oauth2/v1/token',
  flows: ['authorization_code'],
  pkce: 'required',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: ['data.records:read', 'schema.bases:read', 'user.email:read'],
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'always', idle_s: 60 * DAY_S },
  register_url: 'https://airtable.com/create/oauth',
  register_steps: [
    'Press "Register new OAuth integration", give it a name, and paste {redirect_uri} into "OAuth redirect URL".',
    'Tick the scopes that you will ask for: data.records:read, schema.bases:read and user.email:read are the default.',
    'Do not generate a client secret: it is then needed always.',
    'Press "Save changes" and copy the "Client ID".',
  ],
  notes: 'Revocation is not documented: remove the integration in your account.',
  sources: [
    'airtable.com/developers: OAuth reference',
    'Airtable/oauth-example: index.js',
    'airbytehq/airbyte: source-airtable, auth.py (a dead refresh token)',
  ],
});
