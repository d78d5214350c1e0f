import { BlockList, isIP } from 'node:net';
import type { Environment } from '../../../../shared/paths.js';
import { notSent } from './failure.js';

/** A proxy to ask for connections, by `CONNECT` (RFC 9110, section 9.3.6). */
export interface HttpProxy {
  readonly url: URL;
  /** Its address for people, without the password. */
  readonly name: string;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * The proxy for `url`: the one of config.toml, or else of the environment, as curl reads it. Only for https, which a proxy
 * cannot read; never for this machine itself, nor for what NO_PROXY names.
 */
export function proxyFor(url: URL, configured: string | undefined, env: Environment): HttpProxy | undefined {
  if (url.protocol !== 'https:') return undefined;
  const host = hostOf(url);
  if (isThisMachine(host) || isExempt(host, portOf(url), exemptions(env))) return undefined;
  return namedProxy(configured, env);
}

/** The proxy that config.toml or the environment names. Fails with `HttpFailure` if it cannot be used. */
export function namedProxy(configured: string | undefined, env: Environment): HttpProxy | undefined {
  const address = configured ?? fromEnvironment(env);
  return address === '' || address === 'none' ? undefined : parseProxy(address);
}

/** What is reached without it. */
export function exemptions(env: Environment): string {
  return variable(env, 'no_proxy');
}

/** A URL's host without the brackets of IPv6 and without the dot at the end of a whole name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$|\.$/g, '');
}

export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}

function fromEnvironment(env: Environment): string {
  return variable(env, 'https_proxy') || variable(env, 'all_proxy');
}

function variable(env: Environment, name: string): string {
  return env[name] || env[name.toUpperCase()] || '';
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isIn(LOOPBACK, host);
}

/** Whether NO_PROXY names a host: by its name, a name above it, an address, a range of addresses, each with or without a port. */
function isExempt(host: string, port: number, list: string): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, named = entry, itsPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      if (itsPort !== undefined && Number(itsPort) !== port) return false;
      const place = named.replace(/^\[|\]$/g, '').replace(/^\*?\.|\.$/g, '');
      return isIP(host) ? isIn(rangeOf(place), host) : host === place || host.endsWith(`.${place}`);
    });
}

/** One address, or a range such as `10.0.0.0/8`; nothing for a name. */
function rangeOf(place: string): BlockList {
  const range = new BlockList();
  const [address = '', prefix] = place.split('/');
  const version = isIP(address);
  const bits = Number(prefix ?? (version === 4 ? 32 : 128));
  if (version !== 0 && Number.isInteger(bits) && bits >= 0 && bits <= (version === 4 ? 32 : 128))
    range.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
  return range;
}

function isIn(range: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && range.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** Without a scheme it is http, as with curl. */
function parseProxy(address: string): HttpProxy {
  const text = address.includes('://') ? address : `http://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.hostname !== '' && (url.protocol === 'http:' || url.protocol === 'https:'))
    return { url, name: url.host };
  // The address may hold a password, so only its scheme is quoted.
  const what = url ? `is of the kind ${url.protocol.slice(0, -1)}, which is not supported` : 'has no address';
  throw notSent(`The proxy of this machine ${what}.`, {
    hint: 'Name an http or https proxy in HTTPS_PROXY or in config.toml, or none: [network] proxy = "none"',
  });
}
