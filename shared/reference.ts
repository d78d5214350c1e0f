import * as v from 'valibot';
import { asSigilforgeError, SigilforgeError } from './errors.js';
import { AccountName, FieldName, SecretKey, ServiceName } from './schemas.js';

/** What `auth://` can name of every account. `access_token` is read as `token`. Any other name is that of a field. */
const AUTH_TYPES = ['token', 'id_token', 'refresh_token', 'api_key', 'client_id', 'client_secret'] as const;
export type AuthType = (typeof AUTH_TYPES)[number];

/** Whether the last part of a reference is one of these, and not the name of a field. */
export function isAuthType(type: string): type is AuthType {
  return AUTH_TYPES.some((one) => one === type);
}

/** A reference to a value, never the value. */
export type Reference =
  | { readonly scheme: 'auth'; readonly service: string; readonly account: string; readonly type: string }
  | { readonly scheme: 'secret'; readonly key: string }
  | { readonly scheme: 'env'; readonly name: string }
  | { readonly scheme: 'vals'; readonly ref: string };

/** In characters. */
export const MAX_REFERENCE = 2048;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;
const VALS_REF = /^ref\+[A-Za-z][A-Za-z0-9.-]*:\/\/[^\s]+$/;

/** Reads a reference. Throws `invalid_reference`, and nothing else, whatever the text; the text is not repeated. */
export function parseReference(text: string): Reference {
  const reference = text.length <= MAX_REFERENCE ? read(text) : undefined;
  if (reference) return reference;
  throw new SigilforgeError('invalid_reference', 'This is not a reference that Sigilforge can read.', {
    hint: 'Write auth://SERVICE/ACCOUNT/token, secret://KEY, env://NAME or vals:ref+….',
  });
}

/** Whether a text is a well-formed reference. */
export function isReference(text: string): boolean {
  return text.length <= MAX_REFERENCE && read(text) !== undefined;
}

/** The text, if it is a reference. Else it throws as `parseReference` does, in a sentence that begins with `where` it stands. */
export function asReference(where: string, text: string): string {
  try {
    parseReference(text);
    return text;
  } catch (thrown) {
    const { kind, message, hint } = asSigilforgeError(thrown);
    throw new SigilforgeError(kind, `${where}: ${message}`, { hint, cause: thrown });
  }
}

/** A reference as text, such that `parseReference` reads the same again. */
export function printReference(reference: Reference): string {
  switch (reference.scheme) {
    case 'auth':
      return `auth://${reference.service}/${reference.account}/${reference.type}`;
    case 'secret':
      return `secret://${reference.key}`;
    case 'env':
      return `env://${reference.name}`;
    case 'vals':
      return `vals:${reference.ref}`;
  }
}

function read(text: string): Reference | undefined {
  if (text.startsWith('auth://')) return readAuth(text.slice('auth://'.length));
  if (text.startsWith('secret://')) {
    const key = text.slice('secret://'.length);
    return v.is(SecretKey, key) ? { scheme: 'secret', key } : undefined;
  }
  if (text.startsWith('env://')) {
    const name = text.slice('env://'.length);
    return ENV_NAME.test(name) ? { scheme: 'env', name } : undefined;
  }
  const ref = text.startsWith('vals:') ? text.slice('vals:'.length) : text;
  return VALS_REF.test(ref) ? { scheme: 'vals', ref } : undefined;
}

function readAuth(rest: string): Reference | undefined {
  const [service, account, type, ...more] = rest.split('/');
  if (service === undefined || more.length > 0 || !v.is(AccountName, account)) return undefined;
  const normalized = v.safeParse(ServiceName, service);
  if (!normalized.success || !v.is(FieldName, type)) return undefined;
  const usual = type === 'access_token' ? 'token' : type;
  return { scheme: 'auth', service: normalized.output, account, type: usual };
}
