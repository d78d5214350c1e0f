import { isLoopback } from '../../shared/schemas.js';
import { badArgument } from '../arguments/context.js';

/** What git says about the credential that it wants, has used, or was refused. */
export interface GitRequest {
  readonly protocol: 'https' | 'http';
  /** In lower case, with the port if git named one. */
  readonly host: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** A credential other than a password. */
  readonly credential: string | undefined;
  /** Whether it ends by itself, so that another helper has given it, and can do so again. */
  readonly passes: boolean;
  /** Whether git can pass on other schemes than Basic. */
  readonly takesAuthtype: boolean;
  /** Whether the server has asked for the Bearer scheme, among others. */
  readonly offersBearer: boolean;
}

/** Attributes that say what is asked for. In these no line break or other control character can be meant well. */
const READ = ['protocol', 'host', 'path', 'username', 'password', 'credential', 'authtype', 'url'];

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[1-9]\d{0,4})?$/;

/**
 * Reads git's attributes, up to an empty line. Throws `invalid_params` for what is malformed, for another protocol than
 * https, and for http elsewhere than on this machine; there too it is for an account that was named (`isNamed`).
 */
export function readRequest(input: Buffer, isNamed: boolean): GitRequest {
  const attributes = readAttributes(textOf(input));
  const all = (name: string): readonly string[] => attributes.get(name) ?? [];
  const url = all('url')[0];
  const said = url === undefined ? undefined : partsOf(url);
  const one = (name: string): string | undefined => said?.get(name) ?? (said ? undefined : all(name)[0]);
  const host = one('host')?.toLowerCase() ?? '';
  if (!HOST.test(host)) throw malformed('This is not a host that a token can be for.');
  return {
    protocol: readProtocol(one('protocol'), host, isNamed),
    host,
    username: one('username') || undefined,
    password: one('password') || undefined,
    credential: all('credential')[0] || undefined,
    passes: ['password_expiry_utc', 'authtype', 'ephemeral'].some((name) => attributes.has(name)),
    takesAuthtype: all('capability[]').includes('authtype'),
    offersBearer: all('wwwauth[]').some((challenge) => /^bearer(?: |$)/i.test(challenge)),
  };
}

/** The address that is asked about, without a path. */
export function originOf({ protocol, host }: Pick<GitRequest, 'protocol' | 'host'>): string {
  return `${protocol}://${host}`;
}

function textOf(input: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    throw malformed('These are not attributes in UTF-8.');
  }
}

/** By name. One that stands twice could mean two things, unless its name says that it is a list. */
function readAttributes(text: string): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, string[]>();
  const lines = text.split('\n');
  const end = lines.indexOf('');
  for (const line of end < 0 ? lines : lines.slice(0, end)) {
    const equals = line.indexOf('=');
    if (equals < 1) throw malformed('A line is not written as NAME=VALUE.');
    const [name, value] = [line.slice(0, equals), line.slice(equals + 1)];
    if (READ.includes(name) && /\p{Cc}/u.test(value)) {
      throw malformed(`The attribute ${name} has control characters.`);
    }
    const before = attributes.get(name);
    if (before !== undefined && READ.includes(name)) throw malformed(`The attribute ${name} stands twice.`);
    attributes.set(name, [...(before ?? []), value]);
  }
  return attributes;
}

/** The parts that `url=` stands for; it takes the place of all of them. */
function partsOf(url: string): ReadonlyMap<string, string> {
  const [, protocol = '', username, password, host = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#@:]*)(?::([^/?#@]*))?@)?([^/?#@]*)(?:[/?#].*)?$/i.exec(url) ?? [];
  const parts = Object.entries({ protocol, username, password, host });
  return new Map(parts.flatMap(([name, part]) => (part === undefined ? [] : [[name, unescaped(part)]])));
}

function unescaped(part: string): string {
  try {
    const text = decodeURIComponent(part);
    if (!/\p{Cc}/u.test(text)) return text;
  } catch {
    // It is refused like the other.
  }
  throw malformed('The address has escapes that stand for nothing, or for control characters.');
}

function readProtocol(protocol: string | undefined, host: string, isNamed: boolean): 'https' | 'http' {
  if (protocol === 'https') return 'https';
  const isLocal = URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`));
  if (protocol === 'http' && isLocal && isNamed) return 'http';
  throw badArgument(
    'git is given tokens for https only.',
    'Use an https address. Only a host of this machine, with --account, is served over http.',
  );
}

/** Never with what was read: it may be a password. */
function malformed(sentence: string): Error {
  return badArgument(
    sentence,
    'Send what git-credential(1) describes: protocol=https, host=HOST, a line each.',
  );
}
