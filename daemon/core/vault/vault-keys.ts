import type { ResultOf, VaultSlot } from '../../../shared/contract.js';
import { SigilforgeError } from '../../../shared/errors.js';

/** The ways to open the vault, and its being open or not. */
export class VaultKeys {
  status(): ResultOf<'vault_status'> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  unlock(_password: string | undefined): Promise<'unlocked' | 'locked'> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  lock(): Promise<'unlocked' | 'locked'> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  setPassword(_password: string, _only: boolean): Promise<VaultSlot[]> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  makeRecoveryKey(): Promise<string> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  removeSlot(_id: string): Promise<VaultSlot[]> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  rotate(): Promise<ResultOf<'vault_rotate'>> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }
}
