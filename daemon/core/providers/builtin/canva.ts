import { type BuiltinProvider, defineProvider } from './define.js';

export const canva: BuiltinProvider = defineProvider({
  id: 'canva',
  name: 'Canva',
  authorization_endpoint: 'https://www.canva.com/api/oauth/authorize',
  token_endpoint: 'https://api.canva.com/rest/v1/oauth/token',
  // Takes the tokens that came from it along, and the consent.
  revocation: { endpoint: 'https://api.canva.com/rest/v1/oauth/revoke' },
  flows: ['authorization_code'],
  pkce: 'required',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  default_scopes: ['profile:read', 'design:meta:read'],
  redirect: { uri: 'http://127.0.0.1:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'always' },
  register_url: 'https://www.canva.com/developers/integrations/connect-api',
  register_steps: [
    'Turn on two-factor sign-in for your Canva account, if it is off, and press "Create an integration".',
    'Under "Configuration", give it a name, and press "Generate secret". Copy the "Client ID" and the secret: both are needed.',
    'Under "Scopes", tick what you will ask for: profile:read and design:meta:read are the default.',
    'Under "Authentication", paste {redirect_uri} into "URL 1".',
  ],
  notes:
    'While the integration is a draft, it is for your own account and team; others need its review by Canva. An access token lives about four hours.',
  sources: [
    'canva.dev: Connect APIs, authentication',
    'canva.dev: generate an access token',
    'canva.dev: revoke a token',
    'canva-sdks/canva-connect-api-starter-kit: README (redirect to 127.0.0.1)',
  ],
});
