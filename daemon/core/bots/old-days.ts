import { readdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { removeIfPossible } from '../../../shared/whole-file.js';

const DAY_MS = 86_400_000;
const FILE = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

/** Removes of every bot the transcripts of days that were over by then, in milliseconds since 1970. Never throws. */
export function removeOldDays(transcripts: string, before: number): void {
  for (const name of namesIn(transcripts)) {
    const folder = path.join(transcripts, name);
    for (const file of namesIn(folder)) {
      const day = FILE.exec(file)?.[1];
      if (day !== undefined && Date.parse(day) + DAY_MS <= before) removeIfPossible(path.join(folder, file));
    }
    removeIfEmpty(folder);
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // There are other files in it.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
