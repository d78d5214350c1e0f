import { asSigilforgeError } from '../../shared/errors.js';
import type { Patient } from './patient.js';

/** What one check has found: all right, something to know, or something that does not work. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'fault';
  /** One plain sentence, without a secret. */
  readonly sentence: string;
  /** The next step, with the command that does it; `null` if nothing is to do. */
  readonly cure: string | null;
}

/** One thing that is looked at, a file for each in checks/. */
export interface Check {
  /** One or two words, as in the list that a person reads. */
  readonly name: string;
  /** What it finds, in the order of importance; nothing where the thing is not there to be looked at. */
  run(patient: Patient): readonly Finding[] | Promise<readonly Finding[]>;
  /** Does what is safe and needs no decision. A sentence for each thing that it did. */
  fix?(patient: Patient): readonly string[] | Promise<readonly string[]>;
}

export function ok(sentence: string): Finding {
  return { state: 'ok', sentence, cure: null };
}

export function warning(sentence: string, cure: string): Finding {
  return { state: 'warning', sentence, cure };
}

export function broken(sentence: string, cure: string): Finding {
  return { state: 'fault', sentence, cure };
}

/** What makes an assertion throw, as a finding; none if it holds. */
export function unless(assertion: () => unknown): Finding[] {
  try {
    assertion();
    return [];
  } catch (thrown) {
    const { message, hint } = asSigilforgeError(thrown);
    return [broken(message, hint)];
  }
}
