import { type BuiltinProvider, defineProvider } from './define.js';

export const discord: BuiltinProvider = defineProvider({
  id: 'discord',
  name: 'Discord',
  issuer: 'https://discord.com',
  authorization_endpoint: 'https://discord.com/oauth2/authorize',
  token_endpoint: 'https://discord.com/api/oauth2/token',
  // The device flow is documented only for the Social SDK, so it is not offered here.
  revocation: { endpoint: 'https://discord.com/api/oauth2/token/revoke' },
  flows: ['authorization_code', 'client_credentials'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: ['identify', 'email', 'guilds'],
  // Whether the port is free for ordinary clients is not documented.
  redirect: { uri: 'http://127.0.0.1:8484/callback', port: 'fixed' },
  refresh: { issued: 'always', rotates: 'always' },
  // Seen with `invalid_request` as its code, before today's `invalid_grant`.
  dead_grant_errors: ['Invalid "refresh_token" in request.'],
  quirks: ['revokes_all_grants'],
  register_url: 'https://discord.com/developers/applications',
  register_steps: [
    'Press "New Application" and give it a name.',
    'Open "OAuth2". Under "Redirects", press "Add Redirect" and paste {redirect_uri}.',
    'Turn on "Public Client", so that no secret is needed, and press "Save Changes".',
    'Copy the "Client ID".',
  ],
  notes: 'Revoking one token ends every token that the application has for this person.',
  sources: [
    'discord/discord-api-docs: developers/topics/oauth2.mdx',
    'discord/discord-api-docs: account linking on desktop and mobile (public clients, PKCE)',
    'discord/discord-api-docs: discussion of new refresh tokens on each refresh',
  ],
});
