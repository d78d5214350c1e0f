import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { signInCommand } from '../../core/accounts/sign-in-command.js';
import type { Core } from '../../core/core.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import { everyPage, type SeenAccount, storedAccounts } from '../stored-accounts.js';
import { counted, withoutStop } from '../words.js';

/** More accounts that are all right than these are only counted. */
const MOST_LISTED = 5;

export const accounts: Check = {
  name: 'accounts',
  async run(patient) {
    const core = await patient.core();
    if (core instanceof SigilforgeError) return [];
    const seen = storedAccounts(core).map((account) => ({ account, found: findings(core, account) }));
    const fine = seen.filter(({ found }) => found.length === 0).map(({ account }) => account);
    return [...seen.flatMap(({ found }) => found), ...allRight(core, fine), ...unread(core)];
  },
};

function allRight(core: Core, fine: readonly SeenAccount[]): Finding[] {
  if (fine.length <= MOST_LISTED) return fine.map((account) => ok(described(core, account)));
  return [ok(`${fine.length} accounts are all right.`)];
}

function described({ tokenInfo }: Core, { info }: SeenAccount): string {
  const { service, account, kind } = info;
  const token = tokenInfo.get(service, account);
  const name = `${service}/${account}`;
  if (kind === 'api_key') return `${name} is an API key.`;
  const until = token.expires_at === null ? 'does not end by itself' : `is valid until ${token.expires_at}`;
  const lives = token.is_expired ? 'is over, and is refreshed when it is next needed' : until;
  const refreshed = token.last_refreshed_at === null ? '' : `, last refreshed ${token.last_refreshed_at}`;
  return `${name}: the token ${lives}${refreshed}.`;
}

/** What there is to say about one account; nothing if it works. */
function findings(core: Core, seen: SeenAccount): Finding[] {
  const { info, stored, damage } = seen;
  if (damage) return [broken(damage.message, `Sign in again: ${signInCommand(stored)}`)];
  return [...stateOf(core, seen), ...providerOf(core, info)];
}

function stateOf({ tokenInfo }: Core, { info, stored }: SeenAccount): Finding[] {
  const { service, account, state } = info;
  const name = `${service}/${account}`;
  const { last_error: error, is_expired: isOver, next_attempt_at: next } = tokenInfo.get(service, account);
  const why = error === null ? '' : ` (${error.at}: ${withoutStop(error.message)})`;
  if (state === 'needs_auth')
    return [broken(`${name} needs a new sign-in${why}.`, `Sign in again: ${signInCommand(stored)}`)];
  if (state === 'parked') {
    const cure = `If that vault is gone, take the grant over: sigilforge refresh-token ${service} ${account}`;
    return [warning(`${name} was copied from another vault, and is not refreshed here.`, cure)];
  }
  if (error === null) return [];
  const again = next === null ? '' : `, and is tried again at ${next}`;
  const sentence = `The last refresh of ${name} failed${why}${again}; its token ${isOver ? 'is over' : 'still works'}.`;
  const cure = `Try it now: sigilforge refresh-token ${service} ${account}`;
  return [isOver ? broken(sentence, cure) : warning(sentence, cure)];
}

/** An account keeps the registration that it signed in with, so it works until its next sign-in. */
function providerOf({ providers }: Core, { service, account, provider }: SeenAccount['info']): Finding[] {
  if (provider === null) return [];
  try {
    if (providers.find(provider)) return [];
  } catch (thrown) {
    const { message, hint } = asSigilforgeError(thrown);
    return [warning(`${service}/${account}: ${message}`, hint)];
  }
  return [
    warning(
      `${service}/${account} is of the provider ${provider}, which is no longer configured: it cannot be signed in to again.`,
      `Configure it: sigilforge provider set ${provider} --issuer URL --client-id ID`,
    ),
  ];
}

/** Answers to refreshes that could not be read, and may hold the newest grant. */
function unread({ rereading }: Core): Finding[] {
  const kept = new Map<string, number>();
  for (const { service, account } of everyPage((cursor) => rereading.list(cursor))) {
    const name = `${service}/${account}`;
    kept.set(name, (kept.get(name) ?? 0) + 1);
  }
  return [...kept].map(([name, count]) =>
    warning(
      `${counted(count, 'answer')} to a refresh of ${name} could not be read, and ${count === 1 ? 'is' : 'are'} kept.`,
      'After an update of Sigilforge: sigilforge unread-answers --retry',
    ),
  );
}
