import { asSigilforgeError, type ErrorKind, SigilforgeError } from '../../shared/errors.js';
import { MOST_NAMES, nearest } from '../../shared/nearest.js';
import { parseReference, printReference } from '../../shared/reference.js';
import type { Core } from '../core/core.js';
import type { Handlers, Peer } from './handlers.js';

type Handler<P, R> = (params: P, peer: Peer) => R | Promise<R>;

interface AccountNames {
  readonly service: string;
  readonly account: string;
}

/** A hint for names that are close to others, given the hint of the error; `undefined` if nothing is close. */
type Suggest<P> = (params: P, hint: string) => string | undefined;

/** The names that there are, asked for only once something was not found. */
type Names = Pick<Core, 'accounts' | 'providers' | 'secrets' | 'capabilities'>;

/** What a mistyped name is answered with. */
const MISSING: ReadonlySet<ErrorKind> = new Set(['not_found', 'invalid_params']);

/**
 * The same handlers, whose errors about a name that is not there say which one was probably meant. A narrowed connection
 * hears of no other names, so its errors stay as they are.
 */
export function suggesting(handlers: Handlers, names: Names): Handlers {
  const account = (command: string) => helped(accountSuggestion(names, command));
  const provider = (command: string) =>
    helped(({ id }: { readonly id: string }, hint) => providerSuggestion(names, command, id, hint));
  const secret = (command: string) =>
    helped(({ key }: { readonly key: string }, hint) => secretSuggestion(names, command, key, hint));
  const capability = (command: string) =>
    helped(({ name }: { readonly name: string }, hint) => capabilitySuggestion(names, command, name, hint));
  return {
    ...handlers,
    get_token: account('get-token')(handlers.get_token),
    refresh_token: account('refresh-token')(handlers.refresh_token),
    token_info: account('token-info')(handlers.token_info),
    get_account: account('get-account')(handlers.get_account),
    remove_account: account('remove-account')(handlers.remove_account),
    resolve: helped(({ reference }: { readonly reference: string }) => referenceSuggestion(names, reference))(
      handlers.resolve,
    ),
    add_account: helped((params: AccountNames & { readonly provider?: string | undefined }, hint) =>
      params.provider === undefined ? andStill(newAccountSuggestion(names, params), hint) : undefined,
    )(handlers.add_account),
    get_provider: provider('provider show')(handlers.get_provider),
    set_provider: provider('provider set')(handlers.set_provider),
    get_secret: secret('secret get')(handlers.get_secret),
    get_capability: capability('capability show')(handlers.get_capability),
    remove_capability: capability('capability remove')(handlers.remove_capability),
    check_capability: capability('capability trust')(handlers.check_capability),
    start_capability: capability('capability start')(handlers.start_capability),
    stop_capability: capability('capability stop')(handlers.stop_capability),
    restart_capability: capability('capability restart')(handlers.restart_capability),
    run_capability: capability('capability run')(handlers.run_capability),
    grant_capability: capability('capability grant')(handlers.grant_capability),
    revoke_capability: capability('capability revoke')(handlers.revoke_capability),
    set_capability_secret: capability('capability secret set')(handlers.set_capability_secret),
    list_capability_secrets: capability('capability secret list')(handlers.list_capability_secrets),
    list_capability_versions: capability('capability versions')(handlers.list_capability_versions),
  };
}

/** Answers at once if the handler does. */
function helped<P>(
  suggest: Suggest<P>,
): <Q extends P, R>(handler: Handler<Q, R>) => (params: Q, peer: Peer) => R | Promise<R> {
  return (handler) => (params, peer) => {
    const fail = (thrown: unknown): never => {
      throw peer.rights.isNarrowed ? thrown : withSuggestion(thrown, (hint) => suggest(params, hint));
    };
    try {
      const answer = handler(params, peer);
      return answer instanceof Promise ? answer.catch(fail) : answer;
    } catch (thrown) {
      return fail(thrown);
    }
  };
}

function withSuggestion(thrown: unknown, suggest: (hint: string) => string | undefined): unknown {
  const error = asSigilforgeError(thrown);
  if (error !== thrown || !MISSING.has(error.kind)) return thrown;
  const hint = suggest(error.hint);
  if (hint === undefined) return thrown;
  const { kind, message, cause, stack, needs } = error;
  return Object.assign(new SigilforgeError(kind, message, { hint, cause, needs }), { stack });
}

/** To sign in under the name that was typed is still possible, unless its service is what was mistyped. */
function accountSuggestion(names: Names, command: string): Suggest<AccountNames> {
  return (typed, hint) => {
    const meant = nearestAccount(names, typed);
    if (meant === undefined) return newAccountSuggestion(names, typed);
    const suggestion = `Did you mean ${meant}? Type: sigilforge ${command} ${meant.replace('/', ' ')}`;
    return meant.startsWith(`${typed.service}/`) ? `${suggestion}. ${hint}` : suggestion;
  };
}

/** `service/account` of the account that was meant. */
function nearestAccount({ accounts }: Names, { service, account }: AccountNames): string | undefined {
  const known = accounts.names(MOST_NAMES);
  if (known.some((one) => one.service === service && one.account === account)) return undefined;
  const meant = nearest(
    `${service}/${account}`,
    known.map((one) => `${one.service}/${one.account}`),
  );
  if (meant !== undefined) return meant;
  const [only, ...others] = known.filter((one) => one.service === service);
  return only && others.length === 0 ? `${only.service}/${only.account}` : undefined;
}

/** If no provider has the name of the service, but one is close to it. */
function newAccountSuggestion(
  { providers, accounts }: Names,
  { service, account }: AccountNames,
): string | undefined {
  const ids = providers.list().map(({ id }) => id);
  if (ids.includes(service) || accounts.names(MOST_NAMES).some((known) => known.service === service))
    return undefined;
  const meant = nearest(service, ids);
  return meant && `Did you mean ${meant}? Type: sigilforge add-account ${meant} ${account}`;
}

function providerSuggestion({ providers }: Names, command: string, id: string, hint: string) {
  return one(
    id,
    providers.list().map((known) => known.id),
    command,
    hint,
  );
}

function secretSuggestion({ secrets }: Names, command: string, key: string, hint: string) {
  return one(key, secrets.names(MOST_NAMES), command, hint);
}

function capabilitySuggestion({ capabilities }: Names, command: string, name: string, hint: string) {
  return one(name, capabilities.registry.names(), command, hint);
}

function one(typed: string, names: readonly string[], command: string, hint: string): string | undefined {
  const meant = names.includes(typed) ? undefined : nearest(typed, names);
  return andStill(meant && `Did you mean ${meant}? Type: sigilforge ${command} ${meant}`, hint);
}

function andStill(suggestion: string | undefined, hint: string): string | undefined {
  return suggestion && `${suggestion}. ${hint}`;
}

/** Of a reference the whole reference is told: it stands in the middle of a command, or in a file. */
function referenceSuggestion(names: Names, text: string): string | undefined {
  const reference = parseReference(text);
  const meant = nearestReference(names, reference);
  return meant === undefined ? undefined : `Did you mean ${meant}?`;
}

function nearestReference(names: Names, reference: ReturnType<typeof parseReference>): string | undefined {
  if (reference.scheme === 'secret') {
    const known = names.secrets.names(MOST_NAMES);
    const key = known.includes(reference.key) ? undefined : nearest(reference.key, known);
    return key === undefined ? undefined : printReference({ scheme: 'secret', key });
  }
  if (reference.scheme !== 'auth') return undefined;
  const [service, account] = nearestAccount(names, reference)?.split('/') ?? [];
  if (service === undefined || account === undefined) return undefined;
  return printReference({ ...reference, service, account });
}
