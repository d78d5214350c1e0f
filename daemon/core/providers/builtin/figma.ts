import { type BuiltinProvider, defineProvider } from './define.js';

export const figma: BuiltinProvider = defineProvider({
  id: 'figma',
  name: 'Figma',
  issuer: 'https://www.figma.com',
  authorization_endpoint: 'https://www.figma.com/oauth',
  token_endpoint: 'https://api.figma.com/v1/oauth/token',
  refresh_endpoint: 'https://api.figma.com/v1/oauth/refresh',
  flows: ['authorization_code'],
  // Public programs send it, but neither the documentation nor the metadata mentions it.
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  default_scopes: ['current_user:read', 'file_content:read', 'file_metadata:read'],
  // Public programs separate by spaces or by commas; the standard's spaces are kept.
  scope_separator: ' ',
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'never' },
  notes:
    'Choose each scope in the app, and publish it (privately is enough for your own team) before signing in. Grants cannot be revoked through the API.',
  sources: [
    'developers.figma.com: authentication',
    'developers.figma.com: republish OAuth apps',
    'figma/rest-api-spec: openapi/openapi.yaml',
    'arcticjs.dev: Figma',
  ],
});
