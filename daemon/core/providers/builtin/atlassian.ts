import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const atlassian: BuiltinProvider = defineProvider({
  id: 'atlassian',
  name: 'Atlassian Cloud (Jira, Confluence)',
  authorization_endpoint: 'https://auth.atlassian.com/authorize',
  token_endpoint: 'https://auth.atlassian.com/oauth/token',
  flows: ['authorization_code'],
  pkce: 'unknown',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  default_scopes: ['read:me', 'read:jira-work', 'read:jira-user', 'offline_access'],
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // The scope offline_access brings the refresh token.
  refresh: { issued: 'with_params', rotates: 'always', lifetime_s: 365 * DAY_S, idle_s: 90 * DAY_S },
  authorize_params: { audience: 'api.atlassian.com', prompt: 'consent' },
  // `access_denied` is left out on purpose: a wrong client secret is answered with it too.
  dead_grant_errors: ['unauthorized_client'],
  register_url: 'https://developer.atlassian.com/console/myapps/',
  register_steps: [
    'Press "Create", choose "OAuth 2.0 integration", and give it a name.',
    'Open "Permissions" and add the APIs with the scopes that you will ask for: read:me, read:jira-work and read:jira-user are the default.',
    'Open "Authorization". Beside "OAuth 2.0 (3LO)" press "Add", and paste {redirect_uri} into "Callback URL".',
    'Open "Settings" and copy the "Client ID" and the "Secret". Both are needed.',
  ],
  notes:
    'Requests go to api.atlassian.com/ex/jira/CLOUD_ID or /ex/confluence/CLOUD_ID. Grants cannot be revoked through the API: remove the app under "Connected apps".',
  sources: [
    'developer.atlassian.com: OAuth 2.0 (3LO) apps',
    'developer.atlassian.com: implementing the refresh token flow',
    'MrRefactoring/jira.js: docs/guide/oauth2-authentication.md',
    'docs.gitguardian.com: Atlassian auth key',
  ],
});
