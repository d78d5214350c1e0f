import { setTimeout as sleep } from 'node:timers/promises';
import { asSigilforgeError } from '../../shared/errors.js';
import { type Check, type Finding, fault, warning } from './check.js';
import { checks } from './checks.js';
import { type DaemonAnswer, Patient } from './patient.js';

/** How long one check may take, in milliseconds: one that hangs keeps none of the others from being made. */
const LIMIT_MS = 15_000;

/** A finding with the name of its check, and what `fix` did before it. */
export interface Examined extends Finding {
  readonly name: string;
  readonly fixed: readonly string[];
}

export interface ExamineOptions {
  readonly daemon: DaemonAnswer;
  /** Whether to do what is safe, and look again. */
  readonly fix: boolean;
  /** Called with each finding as it is made. */
  readonly onFinding: (finding: Examined) => void;
}

/** Makes every check in its order. */
export async function examine({ daemon, fix, onFinding }: ExamineOptions): Promise<void> {
  const patient = new Patient(daemon);
  try {
    for (const check of checks)
      for (const finding of await made(check, patient, fix)) onFinding({ name: check.name, ...finding });
  } finally {
    await patient.close();
  }
}

async function made(check: Check, patient: Patient, fix: boolean): Promise<Omit<Examined, 'name'>[]> {
  const found = await findings(check, patient);
  if (!fix || check.fix === undefined || found.every(({ state }) => state === 'ok'))
    return found.map(unchanged);
  let fixed: readonly string[];
  try {
    fixed = await check.fix(patient);
  } catch (thrown) {
    return [...found, unable(thrown)].map(unchanged);
  }
  const [first, ...rest] = fixed.length === 0 ? found : await findings(check, patient);
  return first === undefined ? [] : [{ ...first, fixed }, ...rest.map(unchanged)];
}

function unchanged(finding: Finding): Omit<Examined, 'name'> {
  return { ...finding, fixed: [] };
}

async function findings(check: Check, patient: Patient): Promise<readonly Finding[]> {
  const over = new AbortController();
  const late = sleep(LIMIT_MS, [tooLate()], { signal: over.signal, ref: true });
  try {
    return await Promise.race([Promise.resolve(check.run(patient)), late]);
  } catch (thrown) {
    return [unable(thrown)];
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

function unable(thrown: unknown): Finding {
  const { message, hint } = asSigilforgeError(thrown);
  return fault(message, hint);
}

function tooLate(): Finding {
  return warning(
    `This took longer than ${LIMIT_MS / 1000} seconds, so it is not known.`,
    'Run this again; if it stays so, what is checked here hangs.',
  );
}
