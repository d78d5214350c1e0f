import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const box: BuiltinProvider = defineProvider({
  id: 'box',
  name: 'Box',
  authorization_endpoint: 'https://account.box.com/api/oauth2/authorize',
  token_endpoint: 'https://api.box.com/oauth2/token',
  revocation: { endpoint: 'https://api.box.com/oauth2/revoke' },
  flows: ['authorization_code', 'client_credentials'],
  // Not a word of it in the documentation.
  pkce: 'unknown',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  refresh: { issued: 'always', rotates: 'always', idle_s: 60 * DAY_S },
  dead_grant_errors: ['Invalid refresh token'],
  register_url: 'https://app.box.com/developers/console/newapp',
  register_steps: [
    'Choose "Custom App", give it a name, and choose "User Authentication (OAuth 2.0)".',
    'On "Configuration", paste {redirect_uri} into "OAuth 2.0 Redirect URIs".',
    'Tick the "Application Scopes", which are what the tokens may do, and press "Save Changes".',
    'Copy the "Client ID" and the "Client Secret". Both are needed.',
  ],
  notes:
    'Client credentials need an app of that type, and whom they are for: sigilforge provider set box --param token:box_subject_type=enterprise --param token:box_subject_id=ID.',
  sources: [
    'developer.box.com: OAuth 2.0 setup',
    'developer.box.com: refresh and revoke access tokens',
    'developer.box.com: client credentials grant',
    'box/box-openapi: openapi.json',
    'rclone.org: Box, invalid refresh token',
  ],
});
