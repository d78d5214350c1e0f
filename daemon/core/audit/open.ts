import type { Config } from '../../../shared/config.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { Audit } from './audit.js';

import { Ledger } from './ledger.js';
import { Retention } from './retention.js';
import { AuditTrail } from './trail.js';
import { thisProcess } from './who.js';

interface Collaborators {
  readonly vault: Vault;
  readonly notice?: ((sentence: string) => void) | undefined;
}

/** What records, what reads the record, and what removes old rows. `config`: `[audit]` of config.toml. */
export function openAudit(
  env: Env,
  { vault, notice }: Collaborators,
  { strict, keep_days: keepDays }: Config['audit'],
): { audit: Audit; trail: AuditTrail; retention: Retention } {
  const ledger = new Ledger(env, { vault });
  const audit = new Audit(env, { ledger }, { strict, self: thisProcess(), notice });
  const trail = new AuditTrail({ ledger, vault, audit });
  return { audit, trail, retention: new Retention(env, { ledger, vault }, { keepDays }) };
}
