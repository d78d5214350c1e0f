import { type BuiltinProvider, defineProvider } from './define.js';

/** Each data centre has its own hosts, and an account lives in one of them. */
export const zoho: BuiltinProvider = defineProvider({
  id: 'zoho',
  name: 'Zoho',
  authorization_endpoint: 'https://accounts.zoho.{region}/oauth/v2/auth',
  token_endpoint: 'https://accounts.zoho.{region}/oauth/v2/token',
  revocation: {
    endpoint: 'https://accounts.zoho.{region}/oauth/v2/token/revoke',
    token: 'refresh_only',
    auth: 'none',
  },
  address_params: { region: 'com' },
  flows: ['authorization_code'],
  // Not a word of it in the documentation.
  pkce: 'unknown',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  default_scopes: ['AaaServer.profile.Read'],
  scope_separator: ',',
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'with_params', rotates: 'never' },
  // Without the prompt a refresh token comes only with the very first consent.
  authorize_params: { access_type: 'offline', prompt: 'consent' },
  // Where the APIs and the accounts of this data centre are.
  answer_fields: ['api_domain'],
  redirect_fields: ['location', 'accounts-server'],
  register_url: 'https://api-console.zoho.com',
  register_steps: [
    'Press "GET STARTED" or "ADD CLIENT", and choose "Server-based Applications".',
    'Fill in a name and any homepage, and paste {redirect_uri} into "Authorized Redirect URIs".',
    'Press "CREATE" and copy the "Client ID" and the "Client Secret". Both are needed.',
    'If other people sign in, under "Settings" turn on the same credentials for all data centers.',
  ],
  notes:
    'This is the data center zoho.com; for another one: add-account --param region=eu (or in, com.au, jp, com.cn), and its own console, such as https://api-console.zoho.eu. Name the scopes of the service that you use, such as ZohoCRM.modules.READ. Requests go to the api_domain of the answer, some of them with the header "Authorization: Zoho-oauthtoken TOKEN". A person has at most 20 refresh tokens of one client; a further one ends the oldest.',
  sources: [
    'zoho.com/accounts/protocol: client registration, multi DC support, revoke OAuth token',
    'docs.unified.to: Zoho API console (scopes, 20 refresh tokens)',
    'bk-rs/oauth2-rs: providers/oauth2-zoho',
    'nextauthjs/next-auth: providers/zoho.ts (scope of the profile)',
    'NangoHQ/nango: providers.yaml',
  ],
});
