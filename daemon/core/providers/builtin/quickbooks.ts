import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const quickbooks: BuiltinProvider = defineProvider({
  id: 'quickbooks',
  name: 'QuickBooks Online (Intuit)',
  authorization_endpoint: 'https://appcenter.intuit.com/connect/oauth2',
  token_endpoint: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
  // RFC 7009, but in JSON.
  revocation: {
    endpoint: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
    body: 'json',
    auth: 'basic',
  },
  flows: ['authorization_code'],
  // Not a word of it in the documentation.
  pkce: 'unknown',
  client_auth: 'client_secret_basic',
  client_secret: 'required',
  default_scopes: ['com.intuit.quickbooks.accounting'],
  // http only for development keys.
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // The token of an answer changes about once a day.
  refresh: { issued: 'always', rotates: 'sometimes', idle_s: 100 * DAY_S },
  // The company, without which there is no address to ask.
  redirect_fields: ['realmId'],
  register_url: 'https://developer.intuit.com/app/developer/myapps',
  register_steps: [
    'Press the button that makes an app, and choose the scope for accounting.',
    'Open "Keys & credentials" (or "Keys & OAuth") of the development settings.',
    'Under "Redirect URIs", add {redirect_uri} and save.',
    'Copy the "Client ID" and the "Client Secret". Both are needed.',
  ],
  notes:
    'Requests are made for a company, whose id is the realmId of the account. Development keys reach only sandbox companies; production keys need a questionnaire and a redirect URI with https: sigilforge provider set quickbooks --redirect-uri URL, and paste the address that the browser was redirected to.',
  sources: [
    'developer.intuit.com: OAuth 2.0',
    'developer.intuit.com: authorization FAQ',
    'IntuitDeveloper/OAuth2-Dotnet_UsingSDK: docs/help/Tokens.md (100 days)',
    'docs.unified.to: QuickBooks OAuth app (two pairs of keys)',
    'NangoHQ/nango: providers.yaml (realmId)',
  ],
});
