/**
 * The parts of the MCP SDK that the tests use. Its own types need those of Express, which nothing else here does.
 */
declare module '@modelcontextprotocol/sdk/server/express.js' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface ExpressRequest extends IncomingMessage {
    readonly body: unknown;
  }

  export interface ExpressResponse extends ServerResponse {
    redirect(url: string): void;
    status(code: number): this;
  }

  export type Handler = (
    request: ExpressRequest,
    response: ExpressResponse,
    next: () => void,
  ) => Promise<void> | void;

  export interface Express {
    (request: IncomingMessage, response: ServerResponse): void;
    use(handler: Handler): void;
    post(path: string, ...handlers: Handler[]): void;
    all(path: string, ...handlers: Handler[]): void;
  }

  export function createMcpExpressApp(): Express;
}

declare module '@modelcontextprotocol/sdk/server/auth/errors.js' {
  export class AccessDeniedError extends Error {}
  export class InvalidGrantError extends Error {}
  export class InvalidTargetError extends Error {}
}

declare module '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js' {
  import type { ExpressResponse } from '@modelcontextprotocol/sdk/server/express.js';

  export interface Client {
    readonly client_id: string;
    readonly redirect_uris: string[];
  }

  /** What a program asks for (RFC 6749, section 4.1.1; RFC 8707, section 2). */
  export interface AuthorizationParams {
    readonly redirectUri: string;
    readonly scopes?: string[];
    readonly resource?: URL;
  }

  export interface Tokens {
    readonly access_token: string;
    readonly token_type: string;
    readonly expires_in: number;
    readonly scope: string;
    readonly refresh_token?: string;
  }

  export interface TokenData {
    readonly clientId: string;
    readonly scopes: string[];
    /** Milliseconds since 1970. */
    readonly expiresAt: number;
    readonly resource: URL | undefined;
  }

  export class DemoInMemoryAuthProvider {
    constructor(validateResource?: (resource?: URL) => boolean);
    readonly codes: Map<string, { readonly client: Client; readonly params: AuthorizationParams }>;
    readonly tokens: Map<string, TokenData>;
    authorize(client: Client, params: AuthorizationParams, response: ExpressResponse): Promise<void>;
    exchangeAuthorizationCode(
      client: Client,
      code: string,
      verifier?: string,
      redirectUri?: string,
      resource?: URL,
    ): Promise<Tokens>;
    exchangeRefreshToken(
      client: Client,
      refreshToken: string,
      scopes?: string[],
      resource?: URL,
    ): Promise<Tokens>;
  }
}

declare module '@modelcontextprotocol/sdk/server/auth/router.js' {
  import type { DemoInMemoryAuthProvider } from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';
  import type { Handler } from '@modelcontextprotocol/sdk/server/express.js';

  export function mcpAuthRouter(options: {
    readonly provider: DemoInMemoryAuthProvider;
    readonly issuerUrl: URL;
    readonly resourceServerUrl: URL;
    readonly scopesSupported: readonly string[];
  }): Handler;

  export function getOAuthProtectedResourceMetadataUrl(serverUrl: URL): string;
}

declare module '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js' {
  import type { DemoInMemoryAuthProvider } from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';
  import type { Handler } from '@modelcontextprotocol/sdk/server/express.js';

  export function requireBearerAuth(options: {
    readonly verifier: DemoInMemoryAuthProvider;
    readonly resourceMetadataUrl: string;
    readonly expectedResource: URL;
  }): Handler;
}

declare module '@modelcontextprotocol/sdk/server/streamableHttp.js' {
  import type { ExpressRequest, ExpressResponse } from '@modelcontextprotocol/sdk/server/express.js';

  export class StreamableHTTPServerTransport {
    constructor(options: { readonly sessionIdGenerator: undefined; readonly enableJsonResponse: boolean });
    handleRequest(request: ExpressRequest, response: ExpressResponse, body: unknown): Promise<void>;
  }
}

declare module '@modelcontextprotocol/sdk/server/mcp.js' {
  import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

  export interface ToolResult {
    content: { type: 'text'; text: string }[];
  }

  export class McpServer {
    constructor(info: { readonly name: string; readonly version: string });
    registerTool(
      name: string,
      config: { readonly description: string },
      call: (extra: { readonly authInfo?: { readonly scopes: string[] } }) => ToolResult,
    ): void;
    connect(transport: StreamableHTTPServerTransport): Promise<void>;
    close(): Promise<void>;
  }
}

declare module '@modelcontextprotocol/sdk/client/streamableHttp.js' {
  export class StreamableHTTPClientTransport {
    constructor(url: URL, options: { readonly requestInit: RequestInit });
  }
}

declare module '@modelcontextprotocol/sdk/client/index.js' {
  import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

  export class Client {
    constructor(info: { readonly name: string; readonly version: string });
    connect(transport: StreamableHTTPClientTransport): Promise<void>;
    callTool(params: { readonly name: string }): Promise<{ content: { type: string; text?: string }[] }>;
    close(): Promise<void>;
  }
}
