/** The part of oidc-provider that the tests use; the package brings no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface ClientMetadata {
    client_id: string;
    client_secret?: string;
    application_type?: 'native' | 'web';
    token_endpoint_auth_method?: 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
    token_endpoint_auth_signing_alg?: string;
    jwks?: { keys: object[] };
    grant_types?: string[];
    response_types?: string[];
    redirect_uris?: string[];
    scope?: string;
  }

  export interface Client {
    readonly clientId: string;
    grantTypeAllowed(grantType: string): boolean;
  }

  export interface Token {
    readonly clientId?: string;
  }

  type Policy = (context: unknown, client: Client, token: Token) => boolean | Promise<boolean>;

  export interface Configuration {
    clients?: ClientMetadata[];
    scopes?: string[];
    cookies?: { keys: string[] };
    pkce?: { required: () => boolean };
    rotateRefreshToken?: boolean;
    issueRefreshToken?: (context: unknown, client: Client) => boolean | Promise<boolean>;
    findAccount?: (
      context: unknown,
      id: string,
    ) => { accountId: string; claims: () => Promise<{ sub: string }> };
    ttl?: Partial<Record<'AccessToken' | 'ClientCredentials' | 'RefreshToken' | 'DeviceCode', number>>;
    clientDefaults?: Partial<ClientMetadata>;
    features?: {
      registration?: { enabled: boolean };
      registrationManagement?: { enabled: boolean; rotateRegistrationAccessToken?: boolean };
      deviceFlow?: { enabled: boolean };
      clientCredentials?: { enabled: boolean };
      introspection?: { enabled: boolean; allowedPolicy?: Policy };
      revocation?: { enabled: boolean; allowedPolicy?: Policy };
    };
  }

  export interface GrantContext {
    readonly oidc: { readonly entities: { readonly Grant?: { readonly jti: string } } };
  }

  interface GrantableModel {
    revokeByGrantId(grantId: string): Promise<void>;
  }

  export class Provider {
    constructor(issuer: string, configuration?: Configuration);
    readonly AccessToken: GrantableModel;
    readonly RefreshToken: GrantableModel;
    readonly Client: { find(id: string): Promise<Client | undefined> };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    on(event: 'grant.success', listener: (context: GrantContext) => void): this;
  }
}
