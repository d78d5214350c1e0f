import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const miro: BuiltinProvider = defineProvider({
  id: 'miro',
  name: 'Miro',
  authorization_endpoint: 'https://miro.com/oauth/authorize',
  token_endpoint: 'https://api.miro.com/v1/oauth/token',
  flows: ['authorization_code'],
  // Sent by public programs, and not in the documentation.
  pkce: 'unknown',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  redirect: { uri: 'http://127.0.0.1:8484/callback', port: 'fixed' },
  // They come while the app has expiring tokens, and each refresh brings another one.
  refresh: { issued: 'unknown', rotates: 'always', idle_s: 60 * DAY_S },
  answer_fields: ['team_id', 'user_id'],
  register_url: 'https://miro.com/app/settings/user-profile/apps',
  register_steps: [
    'Accept the terms, press "Create new app", and give it a name. It belongs to a developer team, which is free.',
    'Tick the expiring user authorization token, so that a token that leaks dies by itself.',
    'Under "Redirect URI for OAuth2.0", paste {redirect_uri}.',
    'Under "Permissions", tick what the tokens may do, such as boards:read.',
    'Copy the "Client ID" and the "Client secret" of "App Credentials". Both are needed.',
  ],
  notes:
    'There are no scopes to ask for: those of the app count. Without expiring tokens there is no refresh token, and the token does not expire. Remove the app from the team to end a grant.',
  sources: [
    'developers.miro.com: get started with OAuth 2.0 and Miro',
    'developers.miro.com: create authorization request link',
    'developers.miro.com: troubleshoot OAuth 2.0 (redirects are compared whole)',
    'miroapp/app-examples: python-flask-starter (redirect to 127.0.0.1)',
  ],
});
