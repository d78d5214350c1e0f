import { type BuiltinProvider, defineProvider } from './define.js';

export const notion: BuiltinProvider = defineProvider({
  id: 'notion',
  name: 'Notion',
  authorization_endpoint: 'https://api.notion.com/v1/oauth/authorize',
  token_endpoint: 'https://api.notion.com/v1/oauth/token',
  revocation: {
    endpoint: 'https://api.notion.com/v1/oauth/revoke',
    token: 'access',
    body: 'json',
    auth: 'basic',
  },
  flows: ['authorization_code'],
  // Said to be ignored there, not refused, so it is sent.
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  // "localhost" is taken with http, 127.0.0.1 is not.
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // The refresh token of an answer may be null.
  refresh: { issued: 'unknown', rotates: 'always' },
  authorize_params: { owner: 'user' },
  quirks: ['json_token_requests'],
  answer_fields: ['workspace_id', 'workspace_name', 'bot_id'],
  register_url: 'https://www.notion.so/profile/integrations',
  register_steps: [
    'Press "New integration" and choose the type "Public".',
    'Paste {redirect_uri} into "Redirect URIs", and fill in what else is asked for.',
    'Choose the capabilities: they are what the tokens may do. Then save.',
    'Copy the "OAuth client ID" and the "OAuth client secret". Both are needed.',
  ],
  notes:
    'There are no scopes: access depends on the capabilities and the pages that you pick. Answers do not say when a token expires, so a program reports a rejected token to get a new one.',
  sources: [
    'developers.notion.com: create a token',
    'developers.notion.com: refresh a token',
    'makenotion/notion-sdk-js: src/api-endpoints/oauth.ts',
    'vellum-ai/vellum-assistant: localhost instead of 127.0.0.1 for loopback redirects',
  ],
});
