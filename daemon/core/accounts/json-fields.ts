import * as v from 'valibot';
import { type ErrorKind, errorTable } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { NamedFields } from '../../../shared/named-fields.js';
import type { Secret } from '../../../shared/secret.js';
import { Minting } from '../oauth/keys/minting-kind.js';
import { ClientRegistration } from '../oauth/registration/client.js';
import type { StoredAccount } from '../store/accounts.js';
import { damagedAccount } from './errors.js';

const Scopes = v.array(v.string());

/** Why the last refresh failed. */
const LastError = v.strictObject({
  kind: v.picklist(Object.keys(errorTable) as ErrorKind[]),
  message: v.string(),
  /** ISO 8601. */
  at: v.pipe(v.string(), v.isoTimestamp()),
});
export type LastError = v.InferOutput<typeof LastError>;

/** What an account keeps as JSON. */
export interface JsonFields {
  /** The client that it signed in with; `null` for an API key. */
  readonly client: ClientRegistration | null;
  /** What its private key mints tokens for; `null` without such a key. */
  readonly minting: Minting | null;
  /** What was granted. */
  readonly scopes: string[];
  /** What the sign-in asked for; `null` if that was not kept. */
  readonly askedScopes: string[] | null;
  /** Why the last refresh failed; `null` if it worked. */
  readonly lastError: LastError | null;
}

/** Everything that an account keeps as JSON. Throws `integrity` if any of it is damaged. */
export function readJsonFields(account: StoredAccount): JsonFields {
  return {
    client: clientOf(account),
    minting: read(Minting, account.minting, account),
    scopes: read(Scopes, account.scopes, account) ?? [],
    askedScopes: read(Scopes, account.askedScopes, account),
    lastError: read(LastError, account.lastError, account),
  };
}

/** The client that an account signed in with; `null` for an API key. Throws `integrity` if it is damaged. */
export function clientOf(account: StoredAccount): ClientRegistration | null {
  return read(ClientRegistration, account.client, account);
}

/** The named fields of an account, from what was opened of them. Throws `integrity` if they cannot be read. */
export function fieldsOf(account: StoredAccount, opened: Secret | undefined): NamedFields {
  return read(NamedFields, opened?.reveal() ?? null, account) ?? {};
}

function read<S extends v.GenericSchema>(
  schema: S,
  text: string | null,
  account: StoredAccount,
): v.InferOutput<S> | null {
  if (text === null) return null;
  const checked = v.safeParse(schema, parseJson(text), { abortEarly: true });
  if (checked.success) return checked.output;
  throw damagedAccount(account);
}
