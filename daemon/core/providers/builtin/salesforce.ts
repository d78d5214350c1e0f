import { type BuiltinProvider, defineProvider } from './define.js';

export const salesforce: BuiltinProvider = defineProvider({
  id: 'salesforce',
  name: 'Salesforce',
  issuer: 'https://login.salesforce.com',
  base_url: 'https://login.salesforce.com',
  authorization_endpoint: 'https://login.salesforce.com/services/oauth2/authorize',
  token_endpoint: 'https://login.salesforce.com/services/oauth2/token',
  revocation: { endpoint: 'https://login.salesforce.com/services/oauth2/revoke', auth: 'none' },
  flows: ['authorization_code', 'client_credentials'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  client_secret: 'optional',
  // Without openid: which issuer the ID tokens of an organization's own domain name is not documented.
  default_scopes: ['api', 'refresh_token'],
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // The scope refresh_token brings it; rotation and lifetime are settings of the app.
  refresh: { issued: 'with_params', rotates: 'sometimes' },
  answer_fields: ['instance_url', 'id'],
  register_url: 'https://login.salesforce.com',
  register_steps: [
    'Sign in, open "Setup", search for "External Client App Manager", and press "New External Client App".',
    'Tick "Enable OAuth" and paste {redirect_uri} into "Callback URL".',
    'Add the scopes "Manage user data via APIs (api)" and "Perform requests at any time (refresh_token, offline_access)".',
    'Untick "Require secret" for the web server flow and for the refresh token flow, so that no secret is needed.',
    'Press "Create" and copy the "Consumer Key", which is the client id.',
  ],
  notes:
    'Requests go to the instance_url of the answer. A sandbox is https://test.salesforce.com; client credentials need the address of your own domain. Answers do not say when a token expires, so a program reports a rejected token to get a new one.',
  sources: [
    'help.salesforce.com: OAuth 2.0 refresh token flow for renewed sessions',
    'help.salesforce.com: migrate from username-password to client credentials flow',
    'developer.salesforce.com: revoking OAuth tokens',
    'developer.salesforce.com: secure coding, external client apps',
    'forcedotcom/sfdx-core: src/org/authInfo.ts',
  ],
});
