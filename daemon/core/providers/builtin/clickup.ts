import { type BuiltinProvider, defineProvider } from './define.js';

export const clickup: BuiltinProvider = defineProvider({
  id: 'clickup',
  name: 'ClickUp',
  authorization_endpoint: 'https://app.clickup.com/api',
  token_endpoint: 'https://api.clickup.com/api/v2/oauth/token',
  flows: ['authorization_code'],
  // Not a word of it in the documentation.
  pkce: 'unknown',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // Access tokens do not expire.
  refresh: { issued: 'never', rotates: 'never' },
  register_url: 'https://app.clickup.com/settings/apps',
  register_steps: [
    'Open the settings of the workspace, then "ClickUp API"; you must be its owner or an admin.',
    'Press "Create an App", give it a name, and paste {redirect_uri} as the redirect URL.',
    'Press "Create App" and copy the "Client ID" and the "Client Secret". Both are needed.',
  ],
  notes:
    'There are no scopes: you choose the workspaces when signing in. Tokens do not expire. For your own account the personal token of the same settings does as well: add-account --api-key.',
  sources: [
    'help.clickup.com: create your own app with the ClickUp API',
    'developer.clickup.com: authentication',
    'NangoHQ/nango: providers.yaml',
  ],
});
