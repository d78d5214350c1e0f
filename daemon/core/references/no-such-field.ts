import { SigilforgeError } from '../../../shared/errors.js';
import type { NamedFields } from '../../../shared/named-fields.js';
import type { Provider } from '../../../shared/provider.js';
import { signInCommand } from '../accounts/sign-in-command.js';
import type { ClientRegistration } from '../oauth/registration/client.js';
import type { StoredAccount } from '../store/accounts.js';

type Named = Pick<Provider, 'answer_fields' | 'redirect_fields'>;

interface Known {
  readonly fields: NamedFields;
  /** The client that the account signed in with, and the provider as it is now. */
  readonly client: (ClientRegistration & Named) | null;
  readonly provider: Named | undefined;
}

/** A field that an account does not have: a slip of the pen, or one that its provider was not asked to bring. */
export function noSuchField(account: StoredAccount, name: string, known: Known): SigilforgeError {
  const which = `${account.service}/${account.account}`;
  if (names(known.client, name))
    return new SigilforgeError('not_found', `The provider of ${which} has sent no ${name}.`, {
      hint: `It may come with a new sign-in: ${signInCommand(account)}`,
    });
  if (names(known.provider, name))
    return new SigilforgeError('not_found', `${which} was signed in before its ${name} was kept.`, {
      hint: `Sign in again: ${signInCommand(account)}`,
    });
  // The name is not repeated: a text that names nothing may be anything.
  return new SigilforgeError('not_found', `${which} has nothing of this name.`, {
    hint: `It has: ${whatItHas(account, known.fields).join(', ')}. Fields of its provider's answers are named in answer_fields of the provider.`,
  });
}

function names(named: Named | null | undefined, name: string): boolean {
  return named ? [...named.answer_fields, ...named.redirect_fields].includes(name) : false;
}

/** The last parts of the references that resolve without more. */
function whatItHas({ kind, idToken }: StoredAccount, fields: NamedFields): string[] {
  if (kind === 'api_key') return ['api_key', 'token'];
  return ['token', ...(idToken ? ['id_token'] : []), 'client_id', ...Object.keys(fields).sort()];
}
