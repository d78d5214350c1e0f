import { type ErrorKind, SigilforgeError } from '../../../../shared/errors.js';
import type { ClientRegistration } from '../registration/client.js';

/** A sign-in that ended because the server does not know the client that registered itself there. */
export class UnknownClient extends SigilforgeError {
  constructor(
    { id }: Pick<ClientRegistration, 'id'>,
    {
      kind,
      message,
      cause,
    }: { readonly kind: ErrorKind; readonly message: string; readonly cause?: unknown },
  ) {
    super(kind, message, {
      cause,
      hint: `The server does not know the client any more that was registered there: start the sign-in again, which registers another one. If that does not help, register one by hand, then: sigilforge provider set ${id} --client-id ID`,
    });
  }
}
