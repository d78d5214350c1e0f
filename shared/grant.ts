import * as v from 'valibot';
import { SigilforgeError } from './errors.js';
import { parseReference, printReference } from './reference.js';
import { AccountName, SecretKey, ServiceName } from './schemas.js';

/** What stands for one whole segment. */
const ANY = '*';

/** What `*` never grants: who is to get one of these is told so by its name. */
const ONLY_BY_NAME: ReadonlySet<string> = new Set(['refresh_token', 'client_secret', 'private_key']);

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

/** What two grants have in common, `undefined` if that is nothing. */
export function intersection(one: string, other: string): string | undefined {
  if (one === other) return one;
  const [ours, theirs] = [one.split('/'), other.split('/')];
  if (ours.length !== theirs.length) return undefined;
  const type = one.startsWith('auth://') ? ours.length - 1 : -1;
  const common = ours.map((own, index) => commonSegment(own, theirs[index], index === type));
  return common.includes(undefined) ? undefined : common.join('/');
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

function commonSegment(one: string, other: string | undefined, isType: boolean): string | undefined {
  if (one === other) return one;
  if (other === undefined || (one !== ANY && other !== ANY)) return undefined;
  const named = one === ANY ? other : one;
  return isType && ONLY_BY_NAME.has(named) ? undefined : named;
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
