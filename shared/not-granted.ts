import { SigilforgeError } from './errors.js';

/** One and the same for whatever a narrowed connection may not do, whether it exists or not. */
export function notGranted(): SigilforgeError {
  return new SigilforgeError('denied', 'This connection may use only what was granted to it.', {
    hint: 'If the program needs more, start it again with a grant for that.',
  });
}
