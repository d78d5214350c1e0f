import { setTimeout as sleep } from 'node:timers/promises';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import { broken, type Check, type Finding, warning } from './check.js';
import { checks } from './checks.js';
import { Confined, type DaemonAnswer, Patient, type VerifyAudit } from './patient.js';

/** How long one check may take, in milliseconds: one that hangs keeps none of the others from being made. */
const LIMIT_MS = 15_000;

/** A finding with the name of its check, and what `fix` did before it. */
export interface Examined extends Finding {
  readonly name: string;
  readonly fixed: readonly string[];
}

/** What is looked at, and who hears what is found. */
export interface ExamineOptions {
  readonly daemon: DaemonAnswer;
  /** Has the daemon that answered compare its record, if it may be asked that. */
  readonly verifyAudit?: VerifyAudit | undefined;
  /** The names of the checks that are made; every one if there is none. */
  readonly only: readonly string[];
  /** Whether to do what is safe, and look again. */
  readonly fix: boolean;
  /** Called with each check while it is made. */
  readonly watch: <T>(name: string, check: Promise<T>) => Promise<T>;
  /** Called with each finding as it is made. */
  readonly onFinding: (finding: Examined) => void;
}

/** Makes every check in its order. Throws `invalid_params` for a name that no check has. */
export async function examine(options: ExamineOptions): Promise<void> {
  const { daemon, verifyAudit, only, fix, watch, onFinding } = options;
  const chosen = only.length === 0 ? checks : named(only);
  const patient = new Patient(daemon, process.env, verifyAudit);
  const leftOut: string[] = [];
  try {
    for (const check of chosen) {
      const found = await watch(check.name, made(check, patient, fix));
      if (found === undefined) leftOut.push(check.name);
      else for (const finding of found) onFinding({ name: check.name, ...finding });
    }
  } finally {
    await patient.close();
  }
  const { confinedBy } = patient;
  if (confinedBy !== undefined && leftOut.length > 0)
    onFinding({ name: 'not checked', ...unchanged(confined(confinedBy, leftOut)) });
}

function named(names: readonly string[]): Check[] {
  const known = checks.map(({ name }) => name);
  if (names.every((name) => known.includes(name))) return checks.filter(({ name }) => names.includes(name));
  throw new SigilforgeError('invalid_params', 'There is no check of that name.', {
    hint: `Name some of these, or none for all: ${known.map((name) => name.replaceAll(' ', '-')).join(', ')}`,
  });
}

/** `undefined` if it needs the library, which must not be used here. */
async function made(
  check: Check,
  patient: Patient,
  fix: boolean,
): Promise<Omit<Examined, 'name'>[] | undefined> {
  const found = await findings(check, patient);
  if (found === undefined || !fix || check.fix === undefined || found.every(({ state }) => state === 'ok'))
    return found?.map(unchanged);
  let fixed: readonly string[];
  try {
    fixed = await check.fix(patient);
  } catch (thrown) {
    return [...found, unable(thrown)].map(unchanged);
  }
  const [first, ...rest] = (fixed.length === 0 ? found : await findings(check, patient)) ?? [];
  return first === undefined ? [] : [{ ...first, fixed }, ...rest.map(unchanged)];
}

function unchanged(finding: Finding): Omit<Examined, 'name'> {
  return { ...finding, fixed: [] };
}

async function findings(check: Check, patient: Patient): Promise<readonly Finding[] | undefined> {
  const over = new AbortController();
  const late = sleep(LIMIT_MS, [tooLate()], { signal: over.signal, ref: true });
  try {
    return await Promise.race([Promise.resolve(check.run(patient)), late]);
  } catch (thrown) {
    return thrown instanceof Confined ? undefined : [unable(thrown)];
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

function unable(thrown: unknown): Finding {
  const { message, hint } = asSigilforgeError(thrown);
  return broken(message, hint);
}

function tooLate(): Finding {
  return warning(
    `This took longer than ${LIMIT_MS / 1000} seconds, so it is not known.`,
    'Run this again; if it stays so, what is checked here hangs.',
  );
}

function confined(variable: string, names: readonly string[]): Finding {
  return warning(
    `${variable} is set, so only the daemon that it leads to may be asked, not the vault: ${names.join(', ')}.`,
    `If this program may read the whole vault, run it without the variable: env -u ${variable} sigilforge doctor`,
  );
}
