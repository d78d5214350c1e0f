import { DemoInMemoryAuthProvider } from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import {
  createMcpExpressApp,
  type ExpressRequest,
  type ExpressResponse,
} from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestListener } from '../wire/loopback.js';
import { type BehindProxy, startBehindProxy } from './behind-proxy.js';
import { McpGrants } from './mcp-grants.js';
import type { OpenIdClient } from './openid-clients.js';
import { registerClient } from './registration.js';

/** A tool of the server, and what it needs. */
export const TOOL = 'scopes';
export const TOOL_SCOPE = 'mcp:tools';

/**
 * A resource of the Model Context Protocol and its authorization server, both of the MCP SDK: registration, PKCE, client
 * authentication in the body or none, a token for the named resource alone (RFC 8707), and 50 token requests in a
 * quarter of an hour.
 */
export interface McpResource<Provider> extends BehindProxy {
  /** The address of the resource. */
  readonly resource: URL;
  /** What the authorization server has granted; it outlives restarts. */
  readonly provider: Provider;
  /** Registers a program whose browser comes back to this address (RFC 7591). */
  registerProgram(redirectUri: string, auth: 'none' | 'client_secret_post'): Promise<OpenIdClient>;
}

/** With what the SDK leaves to each author: refresh tokens and revocation. */
export function startMcpServer(): Promise<McpResource<McpGrants>> {
  return start((validateResource) => new McpGrants(validateResource));
}

/** With the SDK's own example in that place: no refresh tokens, everybody consents, and the redirect's port has to fit. */
export function startMcpDemo(): Promise<McpResource<DemoInMemoryAuthProvider>> {
  return start((validateResource) => new DemoInMemoryAuthProvider(validateResource));
}

async function start<Provider extends DemoInMemoryAuthProvider>(
  makeProvider: (validateResource: (resource?: URL) => boolean) => Provider,
): Promise<McpResource<Provider>> {
  let expected = '';
  const provider = makeProvider((resource) => resource?.href === expected);
  const server = await startBehindProxy(async (url) => {
    expected = resourceOf(url).href;
    return createServer(url, provider);
  });
  return {
    ...server,
    resource: resourceOf(server.url),
    provider,
    registerProgram: (redirectUri, auth) =>
      registerClient(`${server.url}/register`, auth, { redirect_uris: [redirectUri] }),
  };
}

function resourceOf(url: string): URL {
  return new URL('/mcp', url);
}

function createServer(url: string, provider: DemoInMemoryAuthProvider): RequestListener {
  const resource = resourceOf(url);
  const app = createMcpExpressApp();
  app.use(
    mcpAuthRouter({
      provider,
      issuerUrl: new URL(url),
      resourceServerUrl: resource,
      scopesSupported: [TOOL_SCOPE],
    }),
  );
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resource);
  const guard = requireBearerAuth({ verifier: provider, resourceMetadataUrl, expectedResource: resource });
  app.post(resource.pathname, guard, answer);
  app.all(resource.pathname, (_, response) => void response.status(405).end());
  return async (request, response) => app(request, response);
}

/** One server a request, as the SDK advises where nothing is kept between them. */
async function answer(request: ExpressRequest, response: ExpressResponse): Promise<void> {
  const server = new McpServer({ name: 'a server of the tests', version: '1.0.0' });
  server.registerTool(TOOL, { description: 'What the caller may do.' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: authInfo?.scopes.join(' ') ?? '' }],
  }));
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: undefined,
    enableJsonResponse: true,
  });
  response.once('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
}
