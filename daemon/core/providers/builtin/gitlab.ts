import { type BuiltinProvider, defineProvider } from './define.js';

export const gitlab: BuiltinProvider = defineProvider({
  id: 'gitlab',
  name: 'GitLab',
  issuer: 'https://gitlab.com',
  base_url: 'https://gitlab.com',
  authorization_endpoint: 'https://gitlab.com/oauth/authorize',
  token_endpoint: 'https://gitlab.com/oauth/token',
  device_authorization_endpoint: 'https://gitlab.com/oauth/authorize_device',
  revocation: { endpoint: 'https://gitlab.com/oauth/revoke' },
  flows: ['authorization_code', 'device_code'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: ['read_user', 'read_api'],
  // Only loopback addresses are free in their port there; "localhost" is compared whole.
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  refresh: { issued: 'always', rotates: 'always' },
  register_url: 'https://gitlab.com/-/user_settings/applications',
  register_steps: [
    'Press "Add new application" and give it a name.',
    'Paste {redirect_uri} into "Redirect URI".',
    'Untick "Confidential", so that no secret is needed.',
    'Under "Scopes", tick what you will ask for: read_user and read_api are the default.',
    'Press "Save application" and copy the "Application ID".',
  ],
  notes: 'A self-managed GitLab needs its own application; its device flow requires GitLab 17.2 or later.',
  sources: [
    'docs.gitlab.com: OAuth 2.0 identity provider API',
    'docs.gitlab.com: configure GitLab as an OAuth 2.0 authentication identity provider',
    'gitlabhq: config/initializers/doorkeeper.rb',
    'doorkeeper: lib/doorkeeper/oauth/helpers/uri_checker.rb',
  ],
});
