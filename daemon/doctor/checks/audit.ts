import type { ResultOf } from '../../../shared/contract/index.js';
import type { Core } from '../../core/core.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import type { Patient } from '../patient.js';

type Verified = ResultOf<'verify_audit'>;

const DAY_MS = 86_400_000;
/** Old rows go once a day, and with each start of the daemon. */
const LATE_DAYS = 2;

/** Sources of the key that are read without asking a person or a keychain. */
const SILENT = new Set<string | null>(['key_file', 'credential']);

export const audit: Check = {
  name: 'audit',
  async run(patient) {
    const core = await patient.core();
    if ('kind' in core) return [];
    const verified = await verify(patient, core);
    const wrong = verified === undefined ? [] : damaged(verified);
    const found = [...wrong, ...(await tooOld(patient, core))];
    return found.length > 0 ? found : [ok(describe(verified))];
  },
};

/** By the daemon, whose vault may be open; else here, if that opens nothing that a person or a keychain guards. */
function verify({ daemon, verifyAudit }: Patient, { vault, trail }: Core): Promise<Verified> | undefined {
  if (daemon !== null && 'pid' in daemon)
    return daemon.vault.state === 'unlocked' ? verifyAudit?.() : undefined;
  const isOpen = vault.exists && vault.state === 'unlocked' && SILENT.has(vault.keySource);
  return daemon === null && isOpen ? trail.verify() : undefined;
}

function damaged({ fault: found }: Verified): Finding[] {
  if (found === null) return [];
  return [
    broken(
      `The record of what was handed out is not as it was written, from row ${found.seq} on.`,
      'Another program has changed the database. See which row: sigilforge audit verify',
    ),
  ];
}

async function tooOld(patient: Patient, { trail }: Core): Promise<Finding[]> {
  const config = patient.config();
  if ('kind' in config) return [];
  const { keep_days: days } = config.audit;
  const [first] = (await trail.list({})).records;
  if (first === undefined || Date.parse(first.at) > Date.now() - (days + LATE_DAYS) * DAY_MS) return [];
  return [
    warning(
      `The record has rows from ${first.at}, older than the ${days} days of audit.keep_days.`,
      'The daemon removes them while the vault is open: sigilforge daemon start',
    ),
  ];
}

function describe(verified: Verified | undefined): string {
  if (verified === undefined) {
    return 'The record of what was handed out is compared only while the vault is open: sigilforge audit verify';
  }
  const { records, since } = verified;
  return since === null || records === 0
    ? 'Nothing was handed out yet.'
    : `The ${records} rows of what was handed out since ${since} are as they were written.`;
}
