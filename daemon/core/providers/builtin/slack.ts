import { type BuiltinProvider, DAY_S, defineProvider, type ProviderFacts } from './define.js';

/** Slack ends a token by a call that carries nothing but the token itself. */
const revocation = {
  endpoint: 'https://slack.com/api/auth.revoke',
  token: 'access',
  field: null,
  body: 'empty',
  auth: 'bearer',
} satisfies ProviderFacts['revocation'];

export const slack: BuiltinProvider = defineProvider({
  id: 'slack',
  name: 'Slack (app with a bot)',
  authorization_endpoint: 'https://slack.com/oauth/v2/authorize',
  token_endpoint: 'https://slack.com/api/oauth.v2.access',
  revocation,
  flows: ['authorization_code'],
  // PKCE is a setting of the app; what Slack makes of its parameters without that setting is not documented.
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  default_scopes: ['channels:read', 'chat:write', 'users:read'],
  scope_separator: ',',
  // Slack grants bot scopes to https addresses only, so a person pastes the address that the browser ended on.
  redirect: { uri: 'https://localhost:8484/callback', port: 'fixed' },
  // Refresh tokens come while "token rotation" is on in the app, and for ever after.
  refresh: { issued: 'unknown', rotates: 'always' },
  dead_grant_errors: ['invalid_refresh_token'],
  quirks: ['comma_scopes_in_answer', 'nested_user_token'],
  answer_fields: ['team.id', 'team.name', 'bot_user_id', 'authed_user.id'],
  register_url: 'https://api.slack.com/apps?new_app=1',
  register_steps: [
    'Choose "From scratch", give the app a name, and choose the workspace.',
    'Open "OAuth & Permissions". Under "Redirect URLs", press "Add New Redirect URL" and paste {redirect_uri}.',
    'Under "Bot Token Scopes", add what you will ask for: channels:read, chat:write and users:read are the default.',
    'Open "Basic Information" and copy the "Client ID" and the "Client Secret". Both are needed.',
  ],
  notes:
    'Slack does not allow bot scopes with http redirect URIs, so nothing answers at the redirect URI: paste the address that the browser was redirected to. For scopes of the person: sigilforge provider set slack --param authorize:user_scope=search:read; if you only need a user token, slack-user is simpler.',
  sources: [
    'docs.slack.dev: installing with OAuth',
    'docs.slack.dev: using token rotation',
    'docs.slack.dev: using PKCE',
    'docs.slack.dev: oauth.v2.access',
    'docs.slack.dev: auth.revoke',
  ],
});

export const slackUser: BuiltinProvider = defineProvider({
  id: 'slack-user',
  name: 'Slack (a person)',
  authorization_endpoint: 'https://slack.com/oauth/v2_user/authorize',
  token_endpoint: 'https://slack.com/api/oauth.v2.user.access',
  revocation,
  flows: ['authorization_code'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: [
    'users:read',
    'channels:read',
    'channels:history',
    'groups:read',
    'im:read',
    'chat:write',
    'search:read',
  ],
  scope_separator: ',',
  // Compared whole, with host and port; http is accepted only for "localhost".
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // Each lives 30 days in an app with PKCE; whether they come is the setting "token rotation" of the app.
  refresh: { issued: 'unknown', rotates: 'always', idle_s: 30 * DAY_S },
  dead_grant_errors: ['invalid_refresh_token'],
  quirks: ['comma_scopes_in_answer', 'nested_user_token'],
  answer_fields: ['team.id', 'team.name', 'authed_user.id'],
  register_url: 'https://api.slack.com/apps?new_app=1',
  register_steps: [
    'Choose "From scratch", give the app a name, and choose the workspace.',
    'Open "OAuth & Permissions" and turn on PKCE. This cannot be undone; no secret is needed then.',
    'Under "Redirect URLs", press "Add New Redirect URL" and paste {redirect_uri}.',
    'Under "User Token Scopes", add what you will ask for, such as users:read, channels:read, chat:write and search:read.',
    'Open "Basic Information" and copy the "Client ID". Leave the secret there.',
  ],
  notes: 'Without "token rotation" in the app there is no refresh token, and the token does not expire.',
  sources: [
    'docs.slack.dev: using PKCE',
    'docs.slack.dev changelog 2026-03-30: PKCE',
    'docs.slack.dev: using token rotation',
    'docs.slack.dev: oauth.v2.user.access',
    'docs.slack.dev: auth.revoke',
  ],
});
