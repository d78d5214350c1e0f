import type http from 'node:http';
import { isLoopback } from '../../../../shared/schemas.js';
import { isSameText } from '../../platform/same-text.js';
import { inStandardNames } from '../param-names.js';
import type { ClientRegistration } from '../registration/client.js';
import { type Answered, callbackPage, callbackPageHeaders, type Outcome } from './callback-page.js';
import { listenOnLoopback } from './loopback-servers.js';

/** Where a browser is redirected to, and how to stop listening there. */
export interface LoopbackRedirect {
  readonly redirectUri: string;
  close(): void;
}

/** Which response is expected, and what happens with it. */
interface Expected {
  readonly state: string;
  readonly respond: (response: URLSearchParams) => Promise<Answered>;
  readonly claimPort: (port: number) => () => void;
}

/**
 * Listens for the authorization response on the loopback interface (RFC 8252, section 7.3). The first request with the
 * right path, Host and `state` is handed to `respond`, whose outcome the browser shows unless it is sent on; any other
 * changes nothing.
 * If the redirect URI is not a loopback address, nothing listens, and the person pastes the address instead.
 */
export async function listenForRedirect(
  { id, redirect: rule, param_names: names }: Pick<ClientRegistration, 'id' | 'redirect' | 'param_names'>,
  { state, respond, claimPort }: Expected,
): Promise<LoopbackRedirect> {
  const uri = URL.canParse(rule.uri) ? new URL(rule.uri) : undefined;
  if (uri?.protocol !== 'http:' || !isLoopback(uri)) return { redirectUri: rule.uri, close: () => {} };

  let taken = false;
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', uri);
    if (request.method !== 'GET' || url.pathname !== uri.pathname) {
      return show(response, 404, {
        ok: false,
        title: 'Nothing here',
        text: 'This address only ends a sign-in.',
      });
    }
    const answered = inStandardNames(url.searchParams, names);
    if (request.headers.host !== uri.host || !stateMatches(answered, state) || taken) {
      return show(response, 400, {
        ok: false,
        title: 'This is not the sign-in Sigilforge is waiting for',
        text: 'Return to the terminal and open the address that it shows now.',
      });
    }
    taken = true;
    const outcome = await respond(answered);
    if (outcome.onward !== undefined) {
      taken = false;
      response.writeHead(302, { ...callbackPageHeaders, location: outcome.onward });
      return void response.end();
    }
    return show(response, outcome.ok ? 200 : 400, outcome);
  };

  const port = rule.port === 'any' ? 'any' : Number(uri.port || 80);
  const release = port === 'any' ? () => {} : claimPort(port);
  const servers = await listenOnLoopback({ hosts: hostsOf(uri), port, provider: id }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  }).catch((thrown: unknown) => {
    release();
    throw thrown;
  });
  uri.port = String(servers.port);
  return {
    // As it was registered: an exact comparison would trip over a slash that was added.
    redirectUri: rule.port === 'fixed' ? rule.uri : uri.href,
    close: () => {
      servers.close();
      release();
    },
  };
}

/** Whether there is exactly one `state`, and it is the right one. Compared in constant time. */
export function stateMatches(response: URLSearchParams, state: string): boolean {
  const values = response.getAll('state');
  return values.length === 1 && isSameText(values[0] ?? '', state);
}

/** Browsers try both addresses of `localhost`. */
export function hostsOf(uri: URL): string[] {
  if (uri.hostname === 'localhost') return ['127.0.0.1', '::1'];
  return [uri.hostname === '[::1]' ? '::1' : '127.0.0.1'];
}

function show(response: http.ServerResponse, status: number, outcome: Outcome): void {
  response.writeHead(status, callbackPageHeaders);
  response.end(callbackPage(outcome));
}
