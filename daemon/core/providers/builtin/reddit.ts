import { type BuiltinProvider, defineProvider } from './define.js';

export const reddit: BuiltinProvider = defineProvider({
  id: 'reddit',
  name: 'Reddit',
  authorization_endpoint: 'https://www.reddit.com/api/v1/authorize',
  token_endpoint: 'https://www.reddit.com/api/v1/access_token',
  revocation: { endpoint: 'https://www.reddit.com/api/v1/revoke_token' },
  flows: ['authorization_code', 'client_credentials'],
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: ['identity', 'read', 'mysubreddits', 'history'],
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'with_params', rotates: 'never' },
  authorize_params: { duration: 'permanent' },
  // From the published server of 2017, which answers so to a refresh token that it does not know.
  dead_grant_errors: ['invalid_request'],
  quirks: ['basic_without_secret'],
  register_url: 'https://www.reddit.com/prefs/apps',
  register_steps: [
    'Press "are you a developer? create an app…", or "create another app…".',
    'Choose "installed app", which has no secret.',
    'Paste {redirect_uri} into "redirect uri" and press "create app".',
    'Copy the client id, which stands below the name of the app.',
  ],
  notes:
    "Since November 2025 Reddit approves new applications manually. These facts come from its server's source, which was published until 2017.",
  sources: [
    'reddit-archive/reddit: r2/r2/controllers/oauth2.py',
    'reddit-archive/reddit: wiki, OAuth2',
    'praw-dev/praw: refresh tokens are not rotated (2021)',
  ],
});
