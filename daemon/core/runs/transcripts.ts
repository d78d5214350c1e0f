import { appendFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { makePrivateFolder } from '../../../shared/private-folder.js';
import { removeIfPossible } from '../../../shared/whole-file.js';
import { ensurePrivateFile } from '../platform/files.js';
import { timeOf } from '../platform/id.js';
import type { Logger } from '../platform/log.js';
import { Turns } from '../platform/turns.js';

const ENDING = '.jsonl';
const MOST_CHECKED = 64;

/** One file for each run, of JSON lines: its configuration, what it said, and how it ended. */
export class Transcripts {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #turns = new Turns();
  /** Said once, until a line is written again. */
  #failed = false;
  /** Files that were found to be private a moment ago, the newest last. */
  readonly #checked = new Set<string>();

  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  fileOf(runId: string): string {
    return path.join(this.#folder, `${runId}${ENDING}`);
  }

  /** Adds lines after those that were added before. Never throws: a disk that takes nothing ends no run. */
  add(runId: string, entries: readonly object[]): Promise<void> {
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    return this.#turns.take(async () => this.#write(runId, text));
  }

  /** Resolves once everything that was added so far is written, if the disk takes it. */
  settled(): Promise<void> {
    return this.#turns.take(async () => undefined);
  }

  remove(runId: string): void {
    removeIfPossible(this.fileOf(runId));
  }

  /** Removes those of runs that began before then, in milliseconds since 1970, and are not `kept`. */
  sweep(before: number, isKept: (runId: string) => boolean): void {
    for (const name of namesIn(this.#folder)) {
      const runId = path.basename(name, ENDING);
      if (name.endsWith(ENDING) && timeOf(runId) < before && !isKept(runId)) this.remove(runId);
    }
  }

  #write(runId: string, text: string): void {
    const file = this.fileOf(runId);
    try {
      this.#ensure(file);
      appendFileSync(file, text);
      this.#failed = false;
    } catch {
      this.#checked.clear();
      if (!this.#failed) this.#log.warn('run.transcript_not_written');
      this.#failed = true;
    }
  }

  #ensure(file: string): void {
    if (this.#checked.has(file)) return;
    makePrivateFolder(this.#folder);
    ensurePrivateFile(file);
    this.#checked.add(file);
    for (const oldest of this.#checked) if (this.#checked.size > MOST_CHECKED) this.#checked.delete(oldest);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
