import { type BuiltinProvider, defineProvider } from './define.js';

export const figma: BuiltinProvider = defineProvider({
  id: 'figma',
  name: 'Figma',
  issuer: 'https://www.figma.com',
  authorization_endpoint: 'https://www.figma.com/oauth',
  token_endpoint: 'https://api.figma.com/v1/oauth/token',
  // Two catalogs of 2026 have it; a program of August 2026 refreshes at the token endpoint instead.
  refresh_endpoint: 'https://api.figma.com/v1/oauth/refresh',
  flows: ['authorization_code'],
  // Public programs send it with S256 in every sign-in; the metadata does not mention it.
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  default_scopes: ['current_user:read', 'file_content:read', 'file_metadata:read'],
  // Public programs separate by spaces or by commas; the standard's spaces are kept.
  scope_separator: ' ',
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'never' },
  register_url: 'https://www.figma.com/developers/apps',
  register_steps: [
    'Press "Create a new app" and fill in its name and website.',
    'Under "OAuth credentials", press "Add a redirect URL" and paste {redirect_uri}.',
    'Under "OAuth scopes", tick what you will ask for: current_user:read, file_content:read and file_metadata:read are the default.',
    'Publish the app: privately is enough for your own team.',
    'Copy the "Client ID" and the "Client secret". Both are needed.',
  ],
  notes:
    'Newer programs refresh at the token endpoint: if refreshing fails, sigilforge provider set figma --refresh-endpoint https://api.figma.com/v1/oauth/token. Grants cannot be revoked through the API.',
  sources: [
    'developers.figma.com: authentication',
    'developers.figma.com: republish OAuth apps',
    'figma/rest-api-spec: openapi/openapi.yaml',
    'arcticjs.dev: Figma',
    'oomol-lab/open-connector: pull request 296 (PKCE, refreshing)',
  ],
});
