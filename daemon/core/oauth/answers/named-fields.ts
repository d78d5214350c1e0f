import { isRecord } from '../../../../shared/json.js';
import { MAX_FIELD_VALUE, type NamedFields } from '../../../../shared/named-fields.js';
import type { Secret } from '../../../../shared/secret.js';
import type { ClientRegistration } from '../registration/client.js';
import { field, plain } from './fields.js';

/** What of an answer is searched for fields, and what is secret in it. */
interface Searched {
  /** The whole answer. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The object in it that the tokens stand in. */
  readonly source: Readonly<Record<string, unknown>>;
  readonly tokens: readonly (Secret | undefined)[];
}

/** The fields of a token answer that a provider's entry names: beside the tokens, or beside the object that they stand in. */
export function answerFields(
  { answer_fields }: Pick<ClientRegistration, 'answer_fields'>,
  { json, source, tokens }: Searched,
): NamedFields {
  if (answer_fields.length === 0) return {};
  const secrets = [...tokens.flatMap((token) => token?.reveal() ?? []), ...secretsIn(json)];
  return pick(answer_fields, secrets, (name) => at(json, name) ?? at(source, name));
}

/** The parameters of a redirect that a provider's entry names. `secrets`: what a redirect may repeat of the sign-in. */
export function redirectFields(
  { redirect_fields }: Pick<ClientRegistration, 'redirect_fields'>,
  response: URLSearchParams,
  secrets: readonly string[],
): NamedFields {
  return pick(redirect_fields, secrets, (name) => response.get(name));
}

function pick(
  names: readonly string[],
  secrets: readonly string[],
  read: (name: string) => unknown,
): NamedFields {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = shortText(read(name));
      return value === undefined || isTelling(value, secrets) ? [] : [[name, value]];
    }),
  );
}

/** The value at a path: each full stop leads into an object, or into a list of one. */
function at(json: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = json;
  for (const name of path.split('.')) {
    const outer: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (!isRecord(outer)) return undefined;
    value = field(outer, name);
  }
  return value;
}

/** Text that fits into a line, and is what it looks like. A number that JSON has rounded would be another one. */
function shortText(value: unknown): string | undefined {
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  if (typeof value === 'boolean' || (typeof value === 'number' && !isRounded)) return String(value);
  if (typeof value !== 'string' || value.length > MAX_FIELD_VALUE) return undefined;
  return value.trim() === '' || /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(value) ? undefined : value;
}

/** So many characters of a secret do not stand in another text by chance. */
const TELLING_LENGTH = 16;

/** Whether a value is a secret, or has one in it, such as an address with a token. */
function isTelling(value: string, secrets: readonly string[]): boolean {
  return secrets.some(
    (secret) => value === secret || (secret.length >= TELLING_LENGTH && value.includes(secret)),
  );
}

/** How deep an answer is searched for secrets, and in how many fields. */
const DEEPEST = 4;
const MOST_FIELDS = 1000;

/** Every text of an answer whose name says that it is secret: there may be more tokens than the one that is kept. */
function secretsIn(json: Readonly<Record<string, unknown>>): string[] {
  const secrets: string[] = [];
  let level: [string, unknown][] = Object.entries(json);
  for (let depth = 0; depth < DEEPEST; depth++) {
    level = level.slice(0, MOST_FIELDS);
    for (const [name, value] of level)
      if (typeof value === 'string' && hasSecretName(name)) secrets.push(value);
    level = level.flatMap(([name, value]) => within(name, value));
  }
  return secrets;
}

/** What is within a value. What stands in a list, or in an object with a secret's name, has that name. */
function within(name: string, value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((inner: unknown) => [name, inner]);
  if (!isRecord(value)) return [];
  return Object.entries(value).map(([inner, deeper]) => [
    hasSecretName(name) ? `${name}.${inner}` : inner,
    deeper,
  ]);
}

function hasSecretName(name: string): boolean {
  return /token|secret|password|assertion/.test(plain(name)) && !/type$/.test(plain(name));
}
