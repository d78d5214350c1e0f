import fs from 'node:fs';
import { SigilforgeError } from '../../shared/errors.js';
import type { Core } from '../core/core.js';
import type { Patient } from './patient.js';

/** The library of a home that has one: opening it elsewhere would make a vault. `undefined` also if it cannot be opened. */
export async function existingCore(patient: Patient): Promise<Core | undefined> {
  if (!hasDatabase(patient)) return undefined;
  const core = await patient.core();
  return core instanceof SigilforgeError ? undefined : core;
}

export function hasDatabase({ paths }: Patient): boolean {
  return fs.lstatSync(paths.database, { throwIfNoEntry: false }) !== undefined;
}
