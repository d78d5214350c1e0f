import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const linkedin: BuiltinProvider = defineProvider({
  id: 'linkedin',
  name: 'LinkedIn',
  issuer: 'https://www.linkedin.com/oauth',
  authorization_endpoint: 'https://www.linkedin.com/oauth/v2/authorization',
  token_endpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
  flows: ['authorization_code'],
  // Only another endpoint has it, for apps that LinkedIn enables it for.
  pkce: 'unsupported',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  default_scopes: ['openid', 'profile', 'email'],
  // Addresses without https were taken for years, and are refused today, so a person pastes where the browser ended.
  redirect: { uri: 'https://localhost:8484/callback', port: 'fixed' },
  // Only approved partners get one. It is counted from the sign-in, however often it is used.
  refresh: { issued: 'unknown', rotates: 'never', lifetime_s: 365 * DAY_S },
  register_url: 'https://www.linkedin.com/developers/apps/new',
  register_steps: [
    'Fill in the form, which needs a LinkedIn page of a company, and press "Create app".',
    'On "Products", press "Request access" for "Sign In with LinkedIn using OpenID Connect".',
    'On "Auth", under "Authorized redirect URLs for your app", paste {redirect_uri} and press "Update".',
    'Copy the "Client ID" and the "Client Secret". Both are needed.',
  ],
  notes:
    'Nothing answers at the redirect URI: paste the address that the browser was redirected to. An access token lives 60 days, and most apps get no refresh token, so sign in again then. Posting needs the product "Share on LinkedIn" and the scope w_member_social.',
  sources: [
    'learn.microsoft.com: LinkedIn, authorization code flow',
    'learn.microsoft.com: LinkedIn, authorization code flow for native clients (PKCE)',
    'learn.microsoft.com: LinkedIn, programmatic refresh tokens',
    'nextauthjs/next-auth: providers/linkedin.ts',
    'profullstack/mynaposter: release 0.3.1 (only https redirects, 2026)',
  ],
});
