import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const bitbucket: BuiltinProvider = defineProvider({
  id: 'bitbucket',
  name: 'Bitbucket Cloud',
  authorization_endpoint: 'https://bitbucket.org/site/oauth2/authorize',
  token_endpoint: 'https://bitbucket.org/site/oauth2/access_token',
  flows: ['authorization_code', 'client_credentials'],
  // Said to be ignored there, not refused, so it is sent.
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  // What is sent has to continue the registered address, so a port put into the middle of it may be refused.
  redirect: { uri: 'http://127.0.0.1:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'always', idle_s: 90 * DAY_S },
  dead_grant_errors: ['Invalid refresh_token'],
  notes:
    "Register an OAuth consumer in the settings of a workspace, with this callback URL. Its ticked permissions are the scopes (for example account, repositories and pull requests). Grants cannot be revoked through the API: remove them in Bitbucket's account settings.",
  sources: [
    'developer.atlassian.com: Bitbucket Cloud, OAuth 2.0',
    'community.developer.atlassian.com: rotation and expiry of Bitbucket refresh tokens (2026)',
    'jira.atlassian.com: BCLOUD-23469 (PKCE)',
    'readthedocs.org: a refresh with a dead token ("Invalid refresh_token")',
  ],
});
