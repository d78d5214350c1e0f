import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import type { Vault } from '../vault/vault.js';
import type { Audit } from './audit.js';
import type { Ledger } from './ledger.js';
import { listRecords } from './listing.js';
import { Verification } from './verification.js';

interface Collaborators {
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly audit: Audit;
}

/** What was recorded, for a person to read. */
export class AuditTrail {
  readonly #ledger: Ledger;
  readonly #audit: Audit;
  readonly #verification: Verification;

  constructor({ ledger, vault, audit }: Collaborators) {
    this.#ledger = ledger;
    this.#audit = audit;
    this.#verification = new Verification(ledger, { vault });
  }

  async list(query: CheckedParamsOf<'list_audit'>): Promise<ResultOf<'list_audit'>> {
    await this.#audit.settle();
    return listRecords(this.#ledger.store, query);
  }

  async verify(): Promise<ResultOf<'verify_audit'>> {
    await this.#audit.settle();
    return this.#verification.verify();
  }
}
