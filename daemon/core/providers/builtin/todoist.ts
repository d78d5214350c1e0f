import { type BuiltinProvider, defineProvider } from './define.js';

export const todoist: BuiltinProvider = defineProvider({
  id: 'todoist',
  name: 'Todoist',
  authorization_endpoint: 'https://todoist.com/oauth/authorize',
  token_endpoint: 'https://todoist.com/oauth/access_token',
  // RFC 7009, but in JSON.
  revocation: {
    endpoint: 'https://api.todoist.com/api/v1/revoke',
    token: 'access',
    body: 'json',
    auth: 'basic',
  },
  registration_endpoint: 'https://todoist.com/oauth/register',
  client_id_documents: true,
  flows: ['authorization_code'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  // A client that registers itself may have none; one of the App Management Console has one.
  client_secret: 'optional',
  default_scopes: ['data:read'],
  scope_separator: ',',
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // For new apps; older ones have tokens that live on without.
  refresh: { issued: 'unknown', rotates: 'always' },
  register_url: 'https://app.todoist.com/app/settings/integrations/app-management',
  register_steps: [
    'Press "Add new integration", give it a name, and press "Create App".',
    'Paste {redirect_uri} into "OAuth redirect URL" and save.',
    'Copy the "Client ID" and the "Client Secret". Both are needed for an app that was made on this page.',
  ],
  notes: 'The scope data:read only reads; for changes: add-account --scopes data:read_write,data:delete.',
  sources: [
    'developer.todoist.com: API v1, authorization',
    'Doist/todoist-sdk-typescript: src/authentication.ts, src/consts/endpoints.ts',
    'Doist/todoist-cli: src/lib/auth-provider.ts (PKCE)',
    'developers.frontegg.com: Todoist integration (the App Management Console)',
  ],
});
