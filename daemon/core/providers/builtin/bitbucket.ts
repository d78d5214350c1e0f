import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const bitbucket: BuiltinProvider = defineProvider({
  id: 'bitbucket',
  name: 'Bitbucket Cloud',
  authorization_endpoint: 'https://bitbucket.org/site/oauth2/authorize',
  token_endpoint: 'https://bitbucket.org/site/oauth2/access_token',
  flows: ['authorization_code', 'client_credentials'],
  // Not documented. Public programs send it beside the secret, and are not refused.
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  // Public programs use any port there, but the documentation wants what is sent to continue the registered address.
  redirect: { uri: 'http://127.0.0.1:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'always', idle_s: 90 * DAY_S },
  dead_grant_errors: ['Invalid refresh_token'],
  register_url: 'https://bitbucket.org/account/workspaces/',
  register_steps: [
    'Open the settings of a workspace, then "OAuth consumers", and press "Add consumer".',
    'Give it a name, and paste {redirect_uri} into "Callback URL".',
    'Under "Permissions", tick what the tokens may do, such as reading the account, repositories and pull requests: these are the scopes.',
    'Press "Save", and open the consumer to copy the "Key", which is the client id, and the "Secret". Both are needed.',
  ],
  notes:
    "Access tokens are long, often more than 2500 characters. A refresh token that was used lives about ten minutes longer. Grants cannot be revoked through the API: remove them in Bitbucket's account settings.",
  sources: [
    'developer.atlassian.com: Bitbucket Cloud, OAuth 2.0',
    'community.developer.atlassian.com: rotation and expiry of Bitbucket refresh tokens (2026)',
    'jira.atlassian.com: BCLOUD-23469 (PKCE)',
    'avivsinai/bitbucket-cli: pull request 162 (PKCE beside the secret)',
    'git-ecosystem/git-credential-manager: pull request 2429 (length of tokens)',
    'readthedocs.org: a refresh with a dead token ("Invalid refresh_token")',
  ],
});
