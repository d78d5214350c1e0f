import { createHash, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { SigilforgeError } from '../../../../shared/errors.js';
import type { RedirectRule } from '../../../../shared/provider.js';
import { isLoopback } from '../../../../shared/schemas.js';
import { callbackPage, callbackPageHeaders, type Outcome } from './callback-page.js';

/** Where a browser is redirected to, and how to stop listening there. */
export interface LoopbackRedirect {
  readonly redirectUri: string;
  close(): void;
}

/** Bytes of a request line with its headers: codes are long where they hold what was granted, and as long as one may be pasted. */
const LONGEST_REQUEST = 128 * 1024;

/**
 * Listens for the authorization response on the loopback interface (RFC 8252, section 7.3). The first request with the
 * right path, Host and `state` is handed to `respond`, whose outcome the browser shows; any other changes nothing.
 * If the redirect URI is not a loopback address, nothing listens, and the person pastes the address instead.
 */
export async function listenForRedirect(
  rule: RedirectRule,
  state: string,
  respond: (response: URLSearchParams) => Promise<Outcome>,
): Promise<LoopbackRedirect> {
  const uri = URL.canParse(rule.uri) ? new URL(rule.uri) : undefined;
  if (uri?.protocol !== 'http:' || !isLoopback(uri)) return { redirectUri: rule.uri, close: () => {} };

  let taken = false;
  const servers: http.Server[] = [];
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', uri);
    if (request.method !== 'GET' || url.pathname !== uri.pathname) {
      return show(response, 404, {
        ok: false,
        title: 'Nothing here',
        text: 'This address only ends a sign-in.',
      });
    }
    if (request.headers.host !== uri.host || !stateMatches(url.searchParams, state) || taken) {
      return show(response, 400, {
        ok: false,
        title: 'This is not the sign-in Sigilforge is waiting for',
        text: 'Return to the terminal and open the address that it shows now.',
      });
    }
    taken = true;
    const outcome = await respond(url.searchParams);
    return show(response, outcome.ok ? 200 : 400, outcome);
  };

  const port = rule.port === 'any' ? 0 : Number(uri.port || 80);
  for (const host of hostsOf(uri)) {
    const server = http.createServer({ maxHeaderSize: LONGEST_REQUEST }, (request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    const bound = await listen(
      server,
      host,
      servers.length === 0 ? port : Number(uri.port),
      servers.length === 0,
    );
    if (bound === undefined) continue;
    uri.port = String(bound);
    servers.push(server);
  }
  return {
    // As it was registered: an exact comparison would trip over a slash that was added.
    redirectUri: rule.port === 'fixed' ? rule.uri : uri.href,
    close: () => {
      for (const server of servers) close(server);
    },
  };
}

/** Whether there is exactly one `state`, and it is the right one. Compared in constant time. */
export function stateMatches(response: URLSearchParams, state: string): boolean {
  const values = response.getAll('state');
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return values.length === 1 && timingSafeEqual(digest(values[0] ?? ''), digest(state));
}

/** Browsers try both addresses of `localhost`. The second one is used if there is such an interface. */
function hostsOf(uri: URL): string[] {
  if (uri.hostname === 'localhost') return ['127.0.0.1', '::1'];
  return [uri.hostname === '[::1]' ? '::1' : '127.0.0.1'];
}

function listen(
  server: http.Server,
  host: string,
  port: number,
  required: boolean,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause) => {
      if (!required) return resolve(undefined);
      reject(
        new SigilforgeError('config', `Cannot listen on port ${port} for the browser's redirect.`, {
          hint: 'Stop the program that uses the port, or register another redirect URI and set it with: sigilforge provider set ID --redirect-uri URL',
          cause,
        }),
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** The last page is sent well within a second; a silent connection would keep the process alive forever. */
function close(server: http.Server): void {
  const linger = setTimeout(() => server.closeAllConnections(), 1_000);
  server.close(() => clearTimeout(linger));
  server.closeIdleConnections();
}

function show(response: http.ServerResponse, status: number, outcome: Outcome): void {
  response.writeHead(status, callbackPageHeaders);
  response.end(callbackPage(outcome));
}
