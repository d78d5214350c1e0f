import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const pipedrive: BuiltinProvider = defineProvider({
  id: 'pipedrive',
  name: 'Pipedrive',
  authorization_endpoint: 'https://oauth.pipedrive.com/oauth/authorize',
  token_endpoint: 'https://oauth.pipedrive.com/oauth/token',
  revocation: { endpoint: 'https://oauth.pipedrive.com/oauth/revoke' },
  flows: ['authorization_code'],
  // Not a word of it in the documentation.
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  // Whether http is accepted for "localhost" is not documented.
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // Each refresh brings the same one, with 60 more days.
  refresh: { issued: 'always', rotates: 'never', idle_s: 60 * DAY_S },
  // Where the company's API is.
  answer_fields: ['api_domain'],
  register_url: 'https://app.pipedrive.com/developer-hub',
  register_steps: [
    'Open the "Developer Hub" in the menu of your account; a developer sandbox account is free.',
    'Press "Create an app", choose a private app, and give it a name.',
    'Paste {redirect_uri} into "Callback URL". An app has exactly one.',
    'On "OAuth & access scopes", tick what the tokens may do, and save.',
    'Copy the "Client ID" and the "Client secret". Both are needed.',
  ],
  notes:
    'There are no scopes to ask for: those of the app count. Requests go to the api_domain of the answer. An access token lives an hour.',
  sources: [
    'pipedrive.readme.io: OAuth authorization',
    'developers.pipedrive.com: API v1, OAuth',
    'pipedrive/client-nodejs: revoking tokens',
    'docs.unified.to: Pipedrive OAuth app (one callback URL)',
  ],
});
