import * as v from 'valibot';
import { SigilforgeError } from './errors.js';
import { parseReference, printReference } from './reference.js';
import { AccountName, SecretKey, ServiceName } from './schemas.js';

/** How many grants a narrowed connection may have: each is compared when another one narrows it further. */
export const MOST_GRANTS = 128;

/** What stands for one whole segment. */
const ANY = '*';
const STAR = ANY.charCodeAt(0);

/** What `*` never grants: who is to get one of these is told so by its name. With an ID token one signs in elsewhere. */
const ONLY_BY_NAME: ReadonlySet<string> = new Set([
  'refresh_token',
  'id_token',
  'client_secret',
  'private_key',
]);

/** A text that every segment may be, in place of `*`. */
const SAMPLE = 'x';

/**
 * A grant as `restrict`, `open_door` and `exec --grant` take it, in its one spelling: a reference, in which `*` stands for one
 * whole segment (`auth://github/*\/token`, `secret://team/*`). Throws `invalid_reference`; the text is not repeated.
 */
export function parseGrant(text: string): string {
  const granted = text.startsWith('auth://') ? parseAuth(text.slice('auth://'.length)) : parseOther(text);
  if (granted !== undefined) return granted;
  throw new SigilforgeError('invalid_reference', 'This is not a reference that can be granted.', {
    hint: 'Write auth://SERVICE/ACCOUNT/token or secret://KEY, with * for one whole segment, or one vals:ref+… in full.',
  });
}

/** Whether a grant covers a reference in its usual spelling (`printReference`). */
export function covers(grant: string, reference: string): boolean {
  return intersection(grant, reference) === reference;
}

/**
 * What two grants have in common, `undefined` if that is nothing. A narrowed connection may have it done for every pair of two
 * lists, so it goes through both texts once and takes nothing apart.
 */
export function intersection(one: string, other: string): string | undefined {
  const isAuth = one.startsWith('auth://');
  let [at, otherAt, oneIsWider, otherIsWider] = [0, 0, false, false];
  while (at < one.length && otherAt < other.length) {
    const isAny = isAnyAt(one, at);
    if (isAny === isAnyAt(other, otherAt)) {
      if (one.charCodeAt(at) !== other.charCodeAt(otherAt)) return undefined;
      at += 1;
      otherAt += 1;
      continue;
    }
    const [text, from] = isAny ? [other, otherAt] : [one, at];
    const end = endOfSegment(text, from);
    if (isAuth && end === text.length && ONLY_BY_NAME.has(text.slice(from))) return undefined;
    oneIsWider ||= isAny;
    otherIsWider ||= !isAny;
    at = isAny ? at + 1 : end;
    otherAt = isAny ? end : otherAt + 1;
  }
  if (at < one.length || otherAt < other.length) return undefined;
  if (!oneIsWider) return one;
  return otherIsWider ? narrowest(one.split('/'), other.split('/')) : other;
}

/** What two lists of grants have in common. */
export function commonGrants(ours: readonly string[], theirs: readonly string[]): string[] {
  const same = new Set(theirs);
  const wild = theirs.filter(isWild);
  return ours.flatMap((own) => {
    if (same.has(own)) return own;
    return (isWild(own) ? theirs : wild).flatMap((other) => intersection(own, other) ?? []);
  });
}

/** Whether a grant is for more than one reference. */
export function isWild(grant: string): boolean {
  return grant.includes(ANY);
}

/** Whether `*` in a pattern stands for one whole segment of a text. */
export function matchesSegments(pattern: string, text: string): boolean {
  const wanted = pattern.split('/');
  const segments = text.split('/');
  return (
    wanted.length === segments.length &&
    wanted.every((segment, index) => segment === ANY || segment === segments[index])
  );
}

/** Whether `*` begins there. It is never a part of a segment. */
function isAnyAt(text: string, at: number): boolean {
  return text.charCodeAt(at) === STAR;
}

function endOfSegment(text: string, from: number): number {
  const end = text.indexOf('/', from);
  return end === -1 ? text.length : end;
}

/** Each segment of the one that names it, of two that have something in common. */
function narrowest(one: readonly string[], other: readonly string[]): string {
  return one.map((segment, index) => (segment === ANY ? other[index] : segment)).join('/');
}

function parseAuth(rest: string): string | undefined {
  const [service = '', account = '', type = '', ...more] = rest.split('/');
  if (more.length > 0) return undefined;
  const normalized = service === ANY ? ANY : v.safeParse(ServiceName, service);
  if (normalized !== ANY && !normalized.success) return undefined;
  if (account !== ANY && !v.is(AccountName, account)) return undefined;
  const typed = type === ANY ? ANY : typeOf(type);
  return typed && `auth://${normalized === ANY ? ANY : normalized.output}/${account}/${typed}`;
}

/** The last segment in its usual spelling. */
function typeOf(type: string): string | undefined {
  const text = readable(`auth://${SAMPLE}/${SAMPLE}/${type}`);
  return text?.slice(text.lastIndexOf('/') + 1);
}

function parseOther(text: string): string | undefined {
  if (!text.startsWith('secret://')) {
    // The path of an outside resolver may lead up again, by `..` or in another spelling, so no `*` stands in it.
    const reference = readable(text);
    return reference?.startsWith('vals:') && !text.includes(ANY) ? reference : undefined;
  }
  const key = text.slice('secret://'.length);
  const sample = key.split('/').map((segment) => (segment === ANY ? SAMPLE : segment));
  return v.is(SecretKey, sample.join('/')) ? text : undefined;
}

/** A reference in its usual spelling, `undefined` for another text. */
function readable(text: string): string | undefined {
  try {
    return printReference(parseReference(text));
  } catch {
    return undefined;
  }
}
