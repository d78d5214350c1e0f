/**
 * The parts of better-auth that the tests use. Its own types take seconds to check, and do not fit one another where
 * `undefined` is told apart from what is absent.
 */
declare module 'better-auth' {
  import type { Database } from 'better-sqlite3';

  /** Made by a plugin's function, and passed on as it is. */
  export type Plugin = { readonly id: string };

  export interface Options {
    readonly baseURL: string;
    readonly basePath: string;
    readonly database: Database;
    readonly secret: string;
    readonly emailAndPassword: { readonly enabled: boolean };
    readonly telemetry: { readonly enabled: boolean };
    readonly rateLimit: { readonly enabled: boolean };
    readonly logger: { readonly disabled: boolean };
    readonly plugins: readonly Plugin[];
  }

  export interface Condition {
    readonly field: string;
    readonly value: string | null;
  }

  export interface Auth {
    readonly options: Options;
    readonly $context: Promise<{
      readonly adapter: {
        count(query: { readonly model: string; readonly where: readonly Condition[] }): Promise<number>;
      };
    }>;
    readonly api: {
      /** Offered to its own server alone. */
      adminCreateOAuthClient(request: {
        readonly headers: Headers;
        readonly body: Readonly<Record<string, unknown>>;
      }): Promise<{ readonly client_id: string; readonly client_secret?: string }>;
    };
  }

  export function betterAuth(options: Options): Auth;
}

declare module 'better-auth/db/migration' {
  import type { Options } from 'better-auth';

  export function getMigrations(options: Options): Promise<{ runMigrations(): Promise<void> }>;
}

declare module 'better-auth/node' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  import type { Auth } from 'better-auth';

  export function toNodeHandler(
    auth: Auth,
  ): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

declare module 'better-auth/plugins' {
  import type { Plugin } from 'better-auth';

  export function jwt(): Plugin;
}

declare module '@better-auth/oauth-provider' {
  import type { Plugin } from 'better-auth';

  export function oauthProvider(options: {
    readonly loginPage: string;
    readonly consentPage: string;
    readonly scopes: readonly string[];
    readonly allowDynamicClientRegistration: boolean;
    readonly allowUnauthenticatedClientRegistration: boolean;
    readonly clientPrivileges: () => boolean;
    /** Identifiers by RFC 8707. */
    readonly resources: readonly string[];
    readonly enforcePerClientResources: boolean;
    /** Seconds. */
    readonly refreshTokenReuseInterval: number;
  }): Plugin;

  export function oauthDeviceAuthorization(options: {
    readonly verificationUri: string;
    readonly interval: string;
  }): Plugin;
}
