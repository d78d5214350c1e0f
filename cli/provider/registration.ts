import type { Provider } from '../../shared/provider.js';
import { listed } from './listed.js';

/** The port that people register where any port is not enough; the built-in providers have it, too. */
const USUAL_PORT = '8484';

/** What to register at the provider, in a line; `undefined` if its flows need no client of one's own. */
export function whatToRegister(provider: Provider): string | undefined {
  const grants = grantsToAllow(provider);
  if (grants.length === 0) return undefined;
  const { flows, redirect, source, id } = provider;
  const byBrowser = flows.includes('authorization_code');
  const anyPort = redirect.port === 'any';
  const where = byBrowser ? `; redirect URI: ${redirect.uri}${anyPort ? ' (any port)' : ''}` : '';
  const client = clientToRegister(provider);
  const sentence = `${client[0]?.toUpperCase()}${client.slice(1)}${where}; for ${listed(grants)}.`;
  const isKnown = source === 'builtin' || !anyPort;
  return byBrowser && !isKnown ? `${sentence} ${ifPortsAreCompared(id, redirect.uri)}` : sentence;
}

/** What to do if the browser shows an error of the provider, which this program never sees. `uri`: where it is sent back to. */
export function ifRedirectIsRefused(
  uri: string,
  { id, redirect }: Partial<Pick<Provider, 'id' | 'redirect'>> = {},
): string {
  const error = 'If the browser shows an error about the redirect address, register';
  if (id === undefined || redirect?.port !== 'any') return `${error} ${uri} at the provider.`;
  return `${error} ${redirect.uri} at the provider. ${ifPortsAreCompared(id, redirect.uri)}`;
}

/** What to do about an error that concerns scopes which only the metadata suggests; `undefined` if a person named them. */
export function ifScopesAreRefused(
  scopes: string,
  { id, default_scopes }: Partial<Pick<Provider, 'id' | 'default_scopes'>> = {},
): string | undefined {
  const asked = scopes.split(' ');
  if (id === undefined || default_scopes?.length !== 0 || !asked.includes('offline_access')) return undefined;
  const left = asked.filter((scope) => scope !== 'offline_access').join();
  return `If it shows an error about the scope offline_access, run: sigilforge provider set ${id} --scopes ${left || 'SCOPE,SCOPE'}, and sign in again.`;
}

/** What to do about servers that do not let a native client use any port (RFC 8252, section 7.3). */
export function ifPortsAreCompared(id: string, uri: string): string {
  const url = new URL(uri);
  url.port = USUAL_PORT;
  return `If the provider compares the port, too, register ${url.href} and run: sigilforge provider set ${id} --redirect-uri ${url.href}`;
}

/** The kind of client to register. */
export function clientToRegister({ client_secret }: Provider): string {
  switch (client_secret) {
    case 'required':
      return 'a client with a secret';
    case 'forbidden':
      return 'a native (public) client without a secret';
    case 'optional':
      return 'a native (public) client, or one with a secret';
  }
}

/** What the client must be allowed, in the words of most providers' settings. */
export function grantsToAllow({ flows, pkce, refresh }: Provider): string[] {
  const byPerson = flows.includes('authorization_code') || flows.includes('device_code');
  return [
    ...(flows.includes('authorization_code')
      ? [pkce === 'unsupported' ? 'authorization code' : 'authorization code with PKCE']
      : []),
    ...(flows.includes('device_code') ? ['device code'] : []),
    ...(flows.includes('client_credentials') ? ['client credentials'] : []),
    ...(byPerson && refresh.issued !== 'never' ? ['refresh tokens'] : []),
  ];
}
