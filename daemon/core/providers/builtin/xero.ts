import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const xero: BuiltinProvider = defineProvider({
  id: 'xero',
  name: 'Xero',
  issuer: 'https://identity.xero.com',
  authorization_endpoint: 'https://login.xero.com/identity/connect/authorize',
  token_endpoint: 'https://identity.xero.com/connect/token',
  revocation: { endpoint: 'https://identity.xero.com/connect/revocation' },
  flows: ['authorization_code'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: [
    'openid',
    'profile',
    'email',
    'offline_access',
    'accounting.contacts.read',
    'accounting.settings.read',
  ],
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // The scope offline_access brings it. A used one is accepted for another 30 minutes.
  refresh: { issued: 'with_params', rotates: 'always', idle_s: 60 * DAY_S },
  register_url: 'https://developer.xero.com/app/manage',
  register_steps: [
    'Press "New app" and give it a name.',
    'Choose "Mobile or desktop app", which has no secret.',
    'Fill in any company or application URL, and paste {redirect_uri} into "Redirect URI".',
    'Accept the terms, press "Create app", and copy the "Client id" under "Configuration".',
  ],
  notes:
    'Requests need the header Xero-tenant-id, which https://api.xero.com/connections lists. Which scopes of accounting an app may ask for depends on when it was made.',
  sources: [
    'developer.xero.com: OAuth 2.0 FAQ',
    'developer.xero.com: PKCE flow, token types, revoking tokens',
    'littleearth/delphiXERO: wiki (redirect to localhost)',
    'nango.dev: how to register your own Xero OAuth app',
  ],
});
