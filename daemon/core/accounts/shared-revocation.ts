import type { FlowKind } from '../../../shared/schemas.js';
import type { ClientRegistration } from '../oauth/registration/client.js';
import type { Logger } from '../platform/log.js';
import type { AccountStore, StoredAccount } from '../store/accounts.js';
import { readUnlessDamaged } from './damaged.js';
import { clientOf } from './json-fields.js';

/** A grant of a person, and what says which others end with it. */
export interface PersonsGrant {
  /** The account that has it; `undefined` if none does yet. */
  readonly id?: string;
  readonly flow: FlowKind;
  readonly client: ClientRegistration | null;
  /** Who signed in; `null` if that is not known. */
  readonly subject: string | null;
}

/** The flows whose grant belongs to a person. */
const OF_A_PERSON: ReadonlySet<FlowKind> = new Set(['authorization_code', 'device_code', 'import']);

/**
 * The other accounts, as `service/account`, whose grants end if this one is revoked: at a provider that then ends every grant
 * of the client for the same person. Where it is not known who signed in, it may be the same person.
 */
export function revokedWith(
  { store, log }: { readonly store: AccountStore; readonly log: Logger },
  grant: PersonsGrant,
): string[] {
  if (!grant.client?.quirks.includes('revokes_all_grants') || !OF_A_PERSON.has(grant.flow)) return [];
  return store
    .list()
    .filter((other) => other.id !== grant.id && other.state !== 'needs_auth' && OF_A_PERSON.has(other.flow))
    .filter(
      (other) => isSameClient(grant.client, clientUnlessDamaged(log, other)) && mayBeSamePerson(grant, other),
    )
    .map(({ service, account }) => `${service}/${account}`);
}

function clientUnlessDamaged(log: Logger, account: StoredAccount): ClientRegistration | null {
  return readUnlessDamaged(log, account, clientOf, () => null);
}

/** The name of a provider is a person's choice, so the server and the client's id decide. */
export function isSameClient(one: ClientRegistration | null, other: ClientRegistration | null): boolean {
  if (!one || !other) return false;
  return one.client_id === other.client_id && one.token_endpoint === other.token_endpoint;
}

function mayBeSamePerson(
  { subject }: Pick<PersonsGrant, 'subject'>,
  other: Pick<PersonsGrant, 'subject'>,
): boolean {
  return subject === null || other.subject === null || subject === other.subject;
}
