import { createHash } from 'node:crypto';
import { listenOnLoopback } from '../support/wire/loopback.js';

/** A registry that wants a bearer token from its own token server, as the large ones do. It has one image, `own/image:1`. */
export interface Registry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The user names and passwords that its token server was shown. */
  readonly shown: readonly string[];
  /** Who it lets in, by their password. */
  readonly passwords: Set<string>;
  stop(): Promise<void>;
}

const CONFIG = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}';
const DIGEST = `sha256:${createHash('sha256').update(CONFIG).digest('hex')}`;
const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: MANIFEST_TYPE,
  config: {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    size: CONFIG.length,
    digest: DIGEST,
  },
  layers: [],
});

/** What the image is made of, by its paths. */
const PARTS: ReadonlyMap<string, readonly [type: string, content: string]> = new Map([
  ['/v2/', ['application/json', '{}']],
  ['/v2/own/image/manifests/1', [MANIFEST_TYPE, MANIFEST]],
  [`/v2/own/image/blobs/${DIGEST}`, ['application/octet-stream', CONFIG]],
]);

export async function startRegistry(): Promise<Registry> {
  const shown: string[] = [];
  const passwords = new Set<string>();
  const server = await listenOnLoopback(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, basic = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (pathname === '/token') {
      const login = Buffer.from(basic, 'base64').toString();
      shown.push(login);
      const isKnown = passwords.has(login.slice(login.indexOf(':') + 1));
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
      response.end(isKnown ? '{"token":"for-the-image"}' : '{}');
      return;
    }
    if (request.headers.authorization !== 'Bearer for-the-image') {
      const realm = `Bearer realm="http://${request.headers.host}/token",service="own"`;
      response.writeHead(401, {
        'www-authenticate': realm,
        'docker-distribution-api-version': 'registry/2.0',
      });
      response.end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    const [type, content] = PARTS.get(pathname) ?? ['application/json', undefined];
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': type });
    response.end(content ?? '{}');
  });
  return { host: server.url.replace('http://', ''), shown, passwords, stop: () => server.stop() };
}
