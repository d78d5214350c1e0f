import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type Authority, createAuthority } from '../support/wire/authority.js';

/** An API server of a cluster, in so far as kubectl asks for it here. */
export interface KubeStandIn {
  readonly url: string;
  readonly authority: Authority;
  /** The tokens that it was sent, in their order, each request. */
  readonly tokens: readonly string[];
  /** Refuses so many of the requests that follow. */
  refuse(count: number): void;
  stop(): Promise<void>;
}

/** The name in its certificate. */
export const SERVER_NAME = 'kube.test';

const UNAUTHORIZED = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'Unauthorized',
  code: 401,
};

/** What kubectl asks for before and while it lists config maps. */
const ANSWERS: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: 'v1',
    resources: [{ name: 'configmaps', namespaced: true, kind: 'ConfigMap', verbs: ['get', 'list'] }],
  },
  '/api/v1/namespaces/default/configmaps': {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: {},
    items: [{ metadata: { name: 'of-the-cluster', namespace: 'default' } }],
  },
};

/** `taken`: whether a token is good. */
export async function startKubeStandIn(taken: (token: string) => boolean): Promise<KubeStandIn> {
  const authority = createAuthority();
  const tokens: string[] = [];
  let refusals = 0;
  const server = createServer(authority.issue(SERVER_NAME), (request, response) => {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    tokens.push(token);
    const isRefused = refusals > 0 || !taken(token);
    if (refusals > 0) refusals -= 1;
    const answer = isRefused ? UNAUTHORIZED : ANSWERS[(request.url ?? '').replace(/\?.*/, '')];
    response.writeHead(isRefused ? 401 : answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', code: 404 }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `https://127.0.0.1:${portOf(server)}`,
    authority,
    tokens,
    refuse(count) {
      refusals = count;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await authority.stop();
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
