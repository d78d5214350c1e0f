import type { CapabilityDetails } from '../../../shared/contract/index.js';

/** Puts trusted versions back. */
export class Restoring {
  restore(_name: string, _number: number, _digest: string | undefined): Promise<CapabilityDetails> {
    throw new Error('not built');
  }
}
