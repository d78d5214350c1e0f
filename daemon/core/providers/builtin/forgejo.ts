import { type BuiltinProvider, defineProvider } from './define.js';

/** Forgejo and Gitea have the same paths on each host; Codeberg is the largest one. */
export const forgejo: BuiltinProvider = defineProvider({
  id: 'forgejo',
  name: 'Forgejo, Gitea (Codeberg)',
  issuer: 'https://codeberg.org',
  base_url: 'https://codeberg.org',
  authorization_endpoint: 'https://codeberg.org/login/oauth/authorize',
  token_endpoint: 'https://codeberg.org/login/oauth/access_token',
  flows: ['authorization_code'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  // Any port for a public client at a loopback address; "localhost" is compared whole.
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  refresh: { issued: 'always', rotates: 'always' },
  register_url: 'https://codeberg.org/user/settings/applications',
  register_steps: [
    'Under the heading for OAuth2 applications, give a new one a name.',
    'Paste {redirect_uri} into "Redirect URIs", without a port.',
    'Untick "Confidential client", so that no secret is needed and any port is accepted.',
    'Press "Create application" and copy the "Client ID".',
  ],
  notes:
    'This is Codeberg; another server needs its own application and its address: add-account --issuer https://git.example.org. Forgejo has no scopes: a token may do all that you may. Gitea has them: add-account --scopes read:user,read:repository. Grants cannot be revoked through the API: remove the application in the settings.',
  sources: [
    'forgejo.org/docs: OAuth2 provider',
    'docs.gitea.com: OAuth2 provider',
    'hickford/git-credential-oauth: main.go',
    'arcticjs.dev: Gitea',
  ],
});
