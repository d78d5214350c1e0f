import { SigilforgeError } from '../../../shared/errors.js';
import type { Entry } from './entry.js';
import type { Ledger } from './ledger.js';

/** The rows of one transaction, and its end. */
interface Batch {
  readonly entries: Entry[];
  stored: Promise<void>;
}

/** Rows that answers wait for: whatever has come by the time that the disk is free is written at once. */
export class GroupCommit {
  readonly #ledger: Ledger;
  /** Takes further rows, until its transaction begins. */
  #open: Batch | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Resolves once the rows are on the disk. Throws `store_unavailable` if they cannot be. */
  async store(entries: readonly Entry[]): Promise<void> {
    try {
      await this.#add(entries);
    } catch (cause) {
      throw notRecorded(cause);
    }
  }

  #add(entries: readonly Entry[]): Promise<void> {
    if (this.#open) {
      this.#open.entries.push(...entries);
      return this.#open.stored;
    }
    const batch: Batch = { entries: [...entries], stored: Promise.resolve() };
    this.#open = batch;
    const close = (): void => {
      if (this.#open === batch) this.#open = undefined;
    };
    const take = (): readonly Entry[] => {
      close();
      return batch.entries;
    };
    batch.stored = this.#ledger.write(take).finally(close);
    return batch.stored;
  }
}

function notRecorded(cause: unknown): SigilforgeError {
  return new SigilforgeError(
    'store_unavailable',
    'This could not be recorded, so nothing was handed out: config.toml says audit.strict = true.',
    { ...(cause instanceof SigilforgeError && { hint: cause.hint }), cause },
  );
}
