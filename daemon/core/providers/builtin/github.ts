import { type BuiltinProvider, defineProvider, HALF_YEAR_S, type ProviderFacts } from './define.js';

/** What the two kinds of GitHub clients share. GitHub Enterprise has the same paths on its own host. */
const shared = {
  base_url: 'https://github.com',
  iss: ['https://github.com/login/oauth'],
  authorization_endpoint: 'https://github.com/login/oauth/authorize',
  token_endpoint: 'https://github.com/login/oauth/access_token',
  device_authorization_endpoint: 'https://github.com/login/device/code',
  // Takes every kind of token, asks for no authentication, and is not there on GitHub Enterprise.
  revocation: {
    endpoint: 'https://api.github.com/credentials/revoke',
    token: 'refresh',
    field: 'credentials',
    body: 'json_list',
    auth: 'none',
  },
  // The device flow is first because it needs no secret; GitHub asks for one in every other exchange.
  flows: ['device_code', 'authorization_code', 'github_app'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  client_secret: 'optional',
} satisfies Omit<ProviderFacts, 'id' | 'name'>;

export const github: BuiltinProvider = defineProvider({
  ...shared,
  id: 'github',
  name: 'GitHub (OAuth App)',
  default_scopes: ['repo', 'read:org', 'gist'],
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  refresh: { issued: 'never', rotates: 'never' },
  quirks: ['comma_scopes_in_answer'],
  register_url: 'https://github.com/settings/applications/new',
  register_steps: [
    'Fill in "Application name" and "Homepage URL"; any name and any address will do.',
    'Paste {redirect_uri} into "Authorization callback URL".',
    'Tick "Enable Device Flow", then press "Register application".',
    'Copy the "Client ID". It is enough for the device flow; to sign in with the browser, press "Generate a new client secret", too.',
  ],
  notes:
    'The scopes that are asked for by default, as by gh, are wide: repo is reading and writing in every repository that you can reach. For less: add-account --scopes read:user,user:email.',
  sources: [
    'docs.github.com: authorizing OAuth apps',
    'docs.github.com: REST API endpoints for revocation',
    'github.blog changelog 2025-07-14: PKCE support',
    'cli/cli: internal/authflow/flow.go',
  ],
});

export const githubApp: BuiltinProvider = defineProvider({
  ...shared,
  id: 'github-app',
  name: 'GitHub App',
  // The documentation of GitHub Apps requires an exact match; any port is allowed only for OAuth Apps.
  redirect: { uri: 'http://127.0.0.1:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'always', idle_s: HALF_YEAR_S },
  dead_grant_errors: ['bad_refresh_token', 'unauthorized_client'],
  quirks: ['comma_scopes_in_answer', 'device_refresh_without_secret'],
  register_url: 'https://github.com/settings/apps/new',
  register_steps: [
    'Fill in "GitHub App name" and "Homepage URL", paste {redirect_uri} into "Callback URL", and tick "Enable Device Flow".',
    'Under "Webhook", untick "Active". Under "Permissions", choose what the tokens may do.',
    'Press "Create GitHub App" and copy the "Client ID", which is not the "App ID". The device flow needs no secret.',
    'Press "Install App", and choose the account and the repositories that the tokens are for.',
  ],
  notes:
    'Permissions of the app, not scopes, decide what a token may do; there are refresh tokens only while "User-to-server token expiration" is on. The app itself signs in with its private key, its id and an installation id.',
  sources: [
    'docs.github.com: generating a user access token for a GitHub App',
    'docs.github.com: refreshing user access tokens',
    'docs.github.com: about the user authorization callback URL',
    'docs.github.com: generating an installation access token for a GitHub App',
  ],
});
