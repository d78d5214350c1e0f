/** Docker Hub, by the names that its programs have for it. */
const HUB = 'docker.io';
const HUB_NAMES: ReadonlySet<string> = new Set([HUB, 'index.docker.io', 'registry-1.docker.io']);
/** How docker itself writes it. */
const HUB_URL = 'https://index.docker.io/v1/';

/** A service, and where the tokens of its accounts come from. */
interface KnownService {
  readonly service: string;
  readonly issuer: string;
}

/** Registries that take the tokens of a known provider. */
const KNOWN: ReadonlyMap<string, KnownService> = new Map([
  ['ghcr.io', { service: 'github', issuer: 'https://github.com' }],
  ['registry.gitlab.com', { service: 'gitlab', issuer: 'https://gitlab.com' }],
]);

/** The user name for a token where the registry has one for all. */
const TOKEN_USERS: readonly (readonly [host: RegExp, user: string])[] = [
  [/^registry\.gitlab\.com$/, 'oauth2'],
  [/^(?:[a-z]+\.)?gcr\.io$|^[a-z0-9-]+-docker\.pkg\.dev$/, 'oauth2accesstoken'],
];

const SERVER =
  /^(?:https:\/\/)?([a-z0-9](?:[a-z0-9._-]{0,250}[a-z0-9])?)(:[1-9]\d{0,4})?((?:\/[a-z0-9._-]+)*)\/?$/i;

/**
 * The one spelling of a registry: its host with the port, and below a host the namespace if one is named. `undefined` for
 * anything else: another scheme, a user, control characters and the like. A registry is never found by a part of its name.
 */
export function registryOf(server: string): string | undefined {
  const [, name = '', port = '', path = ''] = (server.length <= 512 && SERVER.exec(server)) || [];
  if (name === '' || /(^|\/)\.{1,2}(\/|$)/.test(path)) return undefined;
  const host = `${name.toLowerCase()}${port === ':443' ? '' : port}`;
  const known = HUB_NAMES.has(host) ? HUB : host;
  // The versions of the interface, which old programs name.
  const rest = /^\/v[12]$/.test(path) ? '' : path;
  const registry = `${known}${rest}`;
  return registry.length <= 240 ? registry : undefined;
}

/** As docker names a registry in its configuration and its lists. */
export function urlOf(registry: string): string {
  return registry === HUB ? HUB_URL : registry;
}

/** The service whose accounts a registry takes, if that is known without being set up. */
export function knownService(registry: string): KnownService | undefined {
  return KNOWN.get(registry);
}

export const knownRegistries: readonly string[] = [...KNOWN.keys()];

/** The user name that goes with the token of an account. */
export function userOf(registry: string, account: string): string {
  return TOKEN_USERS.find(([host]) => host.test(registry.split('/')[0] ?? ''))?.[1] ?? account;
}
