import { SigilforgeError } from '../../../../shared/errors.js';
import type { ClientRegistration } from '../registration/client.js';

/** The errors below: another client helps, which the person need not register. */
const made = new WeakSet<object>();

/** A sign-in that ended because the server does not know the client that registered itself there. */
export function unknownClient(
  { id }: Pick<ClientRegistration, 'id'>,
  { kind, message, cause }: SigilforgeError,
): SigilforgeError {
  const error = new SigilforgeError(kind, message, {
    cause,
    hint: `The server does not know the client any more that was registered there: start the sign-in again, which registers another one. If that does not help, register one by hand, then: sigilforge provider set ${id} --client-id ID`,
  });
  made.add(error);
  return error;
}

export function isUnknownClient(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && made.has(thrown);
}
