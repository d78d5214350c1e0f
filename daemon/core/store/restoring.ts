import fs from 'node:fs';
import { SigilforgeError } from '../../../shared/errors.js';

/**
 * A restored database until it takes the place of the one that is there. While it is there, and the instance lease is held, no
 * other program may begin to use the database.
 */
export function restoringName(database: string): string {
  return `${database}.restoring`;
}

export function isBeingRestored(database: string): boolean {
  return fs.existsSync(restoringName(database));
}

export function beingRestored(): SigilforgeError {
  return new SigilforgeError('store_unavailable', 'The vault is being restored from a backup.', {
    hint: 'Try again when that is done.',
  });
}

/** There was no vault before, and there must not be an empty one without a word. */
export function cutOff(): SigilforgeError {
  return new SigilforgeError('store_unavailable', 'A restore was cut off before it was done.', {
    hint: 'Do it again: sigilforge restore FILE. Or begin with an empty vault: sigilforge restore --empty',
  });
}
