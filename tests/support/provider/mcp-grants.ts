import { randomUUID } from 'node:crypto';
import {
  type AuthorizationParams,
  type Client,
  DemoInMemoryAuthProvider,
  type Tokens,
} from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';
import {
  AccessDeniedError,
  InvalidGrantError,
  InvalidTargetError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { ExpressResponse } from '@modelcontextprotocol/sdk/server/express.js';

interface Grant {
  readonly clientId: string;
  readonly scopes: string[];
  readonly resource: URL | undefined;
  accessToken: string;
  ended: boolean;
}

/**
 * What the SDK leaves to each author of a server: refresh tokens that rotate and whose reuse ends the grant, revocation,
 * and a person who may refuse. The rest is the SDK's own example.
 */
export class McpGrants extends DemoInMemoryAuthProvider {
  /** Whether the person refuses when asked. */
  refuses = false;
  /** By refresh token, those that were exchanged among them. */
  readonly #grants = new Map<string, Grant>();
  readonly #spent = new Set<string>();
  readonly #validateResource: (resource?: URL) => boolean;

  constructor(validateResource: (resource?: URL) => boolean) {
    super(validateResource);
    this.#validateResource = validateResource;
  }

  /** Grants that a refresh token still stands for. */
  get grants(): number {
    return new Set([...this.#grants.values()].filter(({ ended }) => !ended)).size;
  }

  override async authorize(
    client: Client,
    params: AuthorizationParams,
    response: ExpressResponse,
  ): Promise<void> {
    if (this.refuses) throw new AccessDeniedError('The person refused.');
    // The SDK has compared the address, its port left out of account (RFC 8252, section 7.3); the example would again.
    return super.authorize({ ...client, redirect_uris: [params.redirectUri] }, params, response);
  }

  override async exchangeAuthorizationCode(
    client: Client,
    code: string,
    verifier?: string,
    redirectUri?: string,
    resource?: URL,
  ): Promise<Tokens> {
    this.#expect(resource);
    const tokens = await super.exchangeAuthorizationCode(client, code, verifier, redirectUri, resource);
    const { scope, access_token: accessToken } = tokens;
    const scopes = scope.split(' ');
    const refresh_token = this.#keep({
      clientId: client.client_id,
      scopes,
      resource,
      accessToken,
      ended: false,
    });
    return { ...tokens, refresh_token };
  }

  override async exchangeRefreshToken(
    client: Client,
    refreshToken: string,
    _scopes?: string[],
    resource?: URL,
  ): Promise<Tokens> {
    const grant = this.#grants.get(refreshToken);
    if (!grant || grant.ended || grant.clientId !== client.client_id)
      throw new InvalidGrantError('The grant has ended.');
    if (this.#spent.has(refreshToken)) {
      this.#end(grant);
      throw new InvalidGrantError('The refresh token was used before.');
    }
    this.#expect(resource);
    this.#spent.add(refreshToken);
    grant.accessToken = randomUUID();
    const { clientId, scopes } = grant;
    this.tokens.set(grant.accessToken, {
      clientId,
      scopes,
      resource: grant.resource,
      expiresAt: Date.now() + 3_600_000,
    });
    return {
      access_token: grant.accessToken,
      token_type: 'bearer',
      expires_in: 3600,
      scope: scopes.join(' '),
      refresh_token: this.#keep(grant),
    };
  }

  /** RFC 7009. The SDK offers the endpoint where there is such a method. */
  async revokeToken(client: Client, { token }: { readonly token: string }): Promise<void> {
    const grant = this.#grants.get(token);
    if (grant?.clientId === client.client_id) this.#end(grant);
  }

  /** The protocol wants the resource in each token request, too. */
  #expect(resource: URL | undefined): void {
    if (!this.#validateResource(resource)) throw new InvalidTargetError('The resource is another one.');
  }

  #keep(grant: Grant): string {
    const refreshToken = randomUUID();
    this.#grants.set(refreshToken, grant);
    return refreshToken;
  }

  #end(grant: Grant): void {
    grant.ended = true;
    this.tokens.delete(grant.accessToken);
  }
}
