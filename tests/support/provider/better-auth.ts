import { oauthDeviceAuthorization, oauthProvider } from '@better-auth/oauth-provider';
import { type Auth, betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import { type Database, openDatabase } from '../sqlite-driver.js';
import { type BehindProxy, startBehindProxy } from './behind-proxy.js';
import { BetterAuthPerson } from './better-auth-person.js';
import { DEVICE_GRANT, type OpenIdClient } from './openid-clients.js';
import { registerClient } from './registration.js';

export interface BetterAuthOptions {
  /** Seconds in which a refresh token that was exchanged brings the same answer once more; none without it. */
  readonly reuseInterval?: number;
}

/**
 * A real authorization server with a database. Everything that can stay as the package has it does: ID tokens by EdDSA,
 * a refresh token for `offline_access` alone, rotation, and reuse of a refresh token ends all grants of the person with
 * that client.
 */
export interface BetterAuth extends BehindProxy {
  readonly issuer: string;
  /** Somebody who has an account there. */
  readonly person: BetterAuthPerson;
  /** Registers a desktop program, as it does by itself, unauthenticated (RFC 7591): it may use any loopback port. */
  registerDesktop(auth?: OpenIdClient['auth']): Promise<OpenIdClient>;
  /** Registers a program that signs in as itself and may `read`; only a person with an account can do that. */
  registerMachine(auth: 'client_secret_basic' | 'client_secret_post'): Promise<OpenIdClient>;
  /** How many refresh tokens of a client are good. Each grant has one. */
  grants(client: OpenIdClient): Promise<number>;
  /** Whether its own resource takes an access token (OpenID Connect Core, section 5.3). */
  accepts(accessToken: string): Promise<boolean>;
}

/** What tokens can be asked for (RFC 8707): they are then JWTs, with this as their `aud`. */
export const RESOURCE = 'https://api.example.org/v1';

const BASE = '/api/auth';
/** The scopes that the package knows by itself, and two of a program's own. */
const SCOPES = ['openid', 'profile', 'email', 'offline_access', 'read', 'write'];

/** Starts a server with a database of its own, and one person. */
export async function startBetterAuth(options: BetterAuthOptions = {}): Promise<BetterAuth> {
  const database = openDatabase(':memory:', {});
  const server = await startBehindProxy(async (url) => {
    const auth = createAuth(url, database, options);
    await migrate(auth);
    return toNodeHandler(auth);
  });
  // It is asked by calls alone, and sees what the server does in the database that they share.
  const admin = createAuth(server.url, database, options);
  const issuer = server.url + BASE;
  const person = new BetterAuthPerson(issuer);
  await person.signUp();
  return {
    ...server,
    issuer,
    person,
    registerDesktop: (method = 'none') =>
      registerClient(`${issuer}/oauth2/register`, method, {
        grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
      }),
    async registerMachine(method) {
      const { client_id, client_secret = '' } = await admin.api.adminCreateOAuthClient({
        headers: new Headers({ cookie: person.cookie }),
        body: {
          token_endpoint_auth_method: method,
          grant_types: ['client_credentials'],
          response_types: [],
          client_credentials_scopes: ['read'],
        },
      });
      return { clientId: client_id, clientSecret: client_secret, auth: method };
    },
    async grants({ clientId }) {
      const { adapter } = await admin.$context;
      return adapter.count({
        model: 'oauthRefreshToken',
        where: [
          { field: 'clientId', value: clientId },
          { field: 'revoked', value: null },
        ],
      });
    },
    async accepts(accessToken) {
      const headers = { authorization: `Bearer ${accessToken}` };
      const { status } = await fetch(`${issuer}/oauth2/userinfo`, { headers });
      return status !== 401;
    },
    async stop() {
      await server.stop();
      database.close();
    },
  };
}

function createAuth(baseURL: string, database: Database, { reuseInterval = 0 }: BetterAuthOptions): Auth {
  return betterAuth({
    baseURL,
    basePath: BASE,
    database,
    secret: 'a secret of the tests, which is long enough',
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    plugins: [
      jwt(),
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        scopes: SCOPES,
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
        clientPrivileges: () => true,
        resources: [RESOURCE],
        enforcePerClientResources: false,
        refreshTokenReuseInterval: reuseInterval,
      }),
      // A person in a test decides at once, so devices may ask every second.
      oauthDeviceAuthorization({ verificationUri: '/device', interval: '1s' }),
    ],
  });
}

async function migrate({ options }: Auth): Promise<void> {
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
}
