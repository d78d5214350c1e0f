import { type BuiltinProvider, defineProvider, HALF_YEAR_S } from './define.js';

export const spotify: BuiltinProvider = defineProvider({
  id: 'spotify',
  name: 'Spotify',
  authorization_endpoint: 'https://accounts.spotify.com/authorize',
  token_endpoint: 'https://accounts.spotify.com/api/token',
  flows: ['authorization_code', 'client_credentials'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: [
    'user-read-private',
    'user-read-email',
    'user-library-read',
    'playlist-read-private',
    'user-read-playback-state',
    'user-modify-playback-state',
  ],
  // "localhost" is refused there.
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  // Rotated for clients without a secret; counted from the sign-in, however often it is refreshed.
  refresh: { issued: 'always', rotates: 'sometimes', lifetime_s: HALF_YEAR_S },
  register_url: 'https://developer.spotify.com/dashboard/create',
  register_steps: [
    'Fill in "App name" and "App description".',
    'Paste {redirect_uri} into "Redirect URIs", without a port, and press "Add".',
    'Tick "Web API" and the terms, and press "Save".',
    'Copy the "Client ID". No secret is needed to sign in.',
  ],
  notes:
    'Only client credentials need a client secret. A sign-in lasts six months; grants are removed at spotify.com/account/apps.',
  sources: [
    'developer.spotify.com: redirect URIs',
    'developer.spotify.com: refreshing tokens',
    'developer.spotify.com: client credentials flow',
    'developer.spotify.com blog 2026-06-18: refresh token expiration',
  ],
});
