import { type BuiltinProvider, defineProvider } from './define.js';

export const hubspot: BuiltinProvider = defineProvider({
  id: 'hubspot',
  name: 'HubSpot',
  authorization_endpoint: 'https://app.hubspot.com/oauth/authorize',
  token_endpoint: 'https://api.hubapi.com/oauth/2026-03/token',
  revocation: { endpoint: 'https://api.hubapi.com/oauth/2026-03/token/revoke', token: 'refresh_only' },
  flows: ['authorization_code'],
  // The token request has a field for the verifier; whether it is checked is not documented.
  pkce: 'unknown',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  default_scopes: ['oauth'],
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'unknown' },
  // As the older token endpoint says it, with the first as its status.
  dead_grant_errors: ['BAD_REFRESH_TOKEN', 'missing or invalid refresh token'],
  answer_fields: ['hub_id', 'user_id'],
  register_url: 'https://developers.hubspot.com/',
  register_steps: [
    'Sign in to a developer account, open "Apps", and press "Create app".',
    'On "Auth", paste {redirect_uri} into "Redirect URLs".',
    'Under "Scopes", add what the tokens may do beside oauth, and save.',
    'Copy the "Client ID" and the "Client secret". Both are needed.',
  ],
  notes:
    'In 2026 HubSpot says that making such apps is "temporarily unavailable for new HubSpot accounts". When signing in, give the app\'s scopes in addition to oauth. Only a super admin of the HubSpot account may install an app.',
  sources: [
    'HubSpot/HubSpot-public-api-spec-collection: Auth/Oauth, 2026-03',
    'developers.hubspot.com: OAuth v1 migration guide',
    'developers.hubspot.com changelog 2018-03-05: redirect URI over http for localhost',
    'nango.dev: HubSpot BAD_REFRESH_TOKEN',
    'developers.hubspot.com: app management, OAuth (2026: no new apps for new accounts)',
  ],
});
