import { Secret } from '../../../shared/secret.js';

/** What STS gave: keys that work until a moment, in milliseconds since 1970. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  readonly expiresAt: number;
}

/** Longer ones are not AWS's. */
const MAX_ANSWER = 64 * 1024;

/**
 * The credentials in an answer to `AssumeRoleWithWebIdentity`, `undefined` if it is not exactly one. It is XML, of which
 * only what STS sends is read: no declarations, comments or sections, and each element once.
 */
export function readRoleCredentials(xml: string): RoleCredentials | undefined {
  if (!isPlain(xml) || !/^\s*(<\?xml [^?<>]*\?>\s*)?<AssumeRoleWithWebIdentityResponse[\s>]/.test(xml))
    return undefined;
  const credentials = only(xml, 'Credentials');
  if (credentials === undefined) return undefined;
  const accessKeyId = textOf(credentials, 'AccessKeyId');
  const secretAccessKey = textOf(credentials, 'SecretAccessKey');
  const sessionToken = textOf(credentials, 'SessionToken');
  const expiresAt = Date.parse(timeOf(credentials) ?? '');
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(expiresAt)) return undefined;
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: new Secret(sessionToken),
    expiresAt,
  };
}

/** The code of a refusal, such as `AccessDenied`: a word, because all else may quote what was sent. */
export function readRefusal(xml: string): string | undefined {
  const error = isPlain(xml) ? only(xml, 'Error') : undefined;
  const code = error === undefined ? undefined : textOf(error, 'Code');
  return code !== undefined && /^[A-Za-z][A-Za-z0-9.]{0,63}$/.test(code) ? code : undefined;
}

function isPlain(xml: string): boolean {
  return xml.length <= MAX_ANSWER && !xml.includes('<!');
}

/** What stands between the tags of an element that is there once. */
function only(xml: string, name: string): string | undefined {
  const parts = xml.split(`<${name}>`);
  const inner = parts.length === 2 ? parts[1]?.split(`</${name}>`) : undefined;
  return inner?.length === 2 ? inner[0] : undefined;
}

/** The text of an element without others in it, printable and not empty. */
function textOf(xml: string, name: string): string | undefined {
  const text = only(xml, name)?.trim();
  if (text === undefined || text.includes('<') || !/^(?:[^&]|&(?:amp|lt|gt|quot|apos);)+$/.test(text))
    return undefined;
  const plain = text.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => ENTITIES[entity] ?? '');
  return /^[\x21-\x7e]+$/.test(plain) ? plain : undefined;
}

function timeOf(xml: string): string | undefined {
  const text = textOf(xml, 'Expiration');
  return text !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? text : undefined;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
