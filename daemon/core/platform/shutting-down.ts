import { SigilforgeError } from '../../../shared/errors.js';

/** What is not begun, or is given up, because this process ends. */
export function shuttingDown(): SigilforgeError {
  return new SigilforgeError('cancelled', 'Sigilforge is shutting down.', {
    hint: 'Try again when it is back.',
  });
}
