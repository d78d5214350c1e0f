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
  notes:
    'Untick "Confidential" in the application, so that it needs no secret, and tick each scope that you request. A self-managed GitLab needs its own application; its device flow requires GitLab 17.2 or later.',
  sources: [
    'docs.gitlab.com: OAuth 2.0 identity provider API',
    'docs.gitlab.com: configure GitLab as an OAuth 2.0 authentication identity provider',
    'gitlabhq: config/initializers/doorkeeper.rb',
    'doorkeeper: lib/doorkeeper/oauth/helpers/uri_checker.rb',
  ],
});
