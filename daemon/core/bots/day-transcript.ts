import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { makePrivateFolder } from '../../../shared/private-folder.js';
import { timestamp } from '../platform/clock.js';
import { ensurePrivateFile } from '../platform/files.js';
import type { Env } from '../store/env.js';

/** What comes within this time is written together, in milliseconds. */
const GATHER_MS = 50;
/** If the disk takes nothing, no more characters than these wait for it. */
const MOST_WAITING = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

interface Waiting {
  /** As `2026-01-31`. */
  readonly day: string;
  readonly line: string;
}

/** What a bot says: JSON lines, in a file for each day in UTC. What comes here is redacted already. */
export class DayTranscript {
  readonly #env: Pick<Env, 'clock' | 'log'>;
  readonly #folder: string;
  #waiting: Waiting[] = [];
  #length = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Said once, until a line is written again. */
  #failed = false;

  constructor(env: Pick<Env, 'clock' | 'log'>, folder: string) {
    this.#env = env;
    this.#folder = folder;
  }

  /** The file of today. */
  get file(): string {
    return this.#fileOf(dayOf(this.#now()));
  }

  /** Keeps an entry soon, with the time. */
  add(entry: object): void {
    if (this.#length > MOST_WAITING) this.#dropped += 1;
    else this.#push(entry);
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
  }

  /** Writes what has come so far. Never throws: what the disk does not take waits for the next time. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  #push(entry: object): void {
    const at = this.#now();
    const line = `${JSON.stringify({ at, ...entry })}\n`;
    this.#waiting.push({ day: dayOf(at), line });
    this.#length += line.length;
  }

  async #write(): Promise<void> {
    try {
      await this.#writeWaiting();
      if (this.#sayDropped()) await this.#writeWaiting();
      this.#failed = false;
    } catch {
      if (!this.#failed) this.#env.log.warn('run.transcript_not_written');
      this.#failed = true;
    }
  }

  async #writeWaiting(): Promise<void> {
    for (let day = this.#waiting[0]?.day; day !== undefined; day = this.#waiting[0]?.day) {
      const next = this.#waiting.findIndex((waiting) => waiting.day !== day);
      const lines = this.#waiting.slice(0, next === -1 ? undefined : next).map(({ line }) => line);
      const text = lines.join('');
      await this.#append(this.#fileOf(day), text);
      this.#waiting = this.#waiting.slice(lines.length);
      this.#length -= text.length;
    }
  }

  async #append(file: string, text: string): Promise<void> {
    makePrivateFolder(this.#folder);
    ensurePrivateFile(file);
    const handle = await open(file, 'a+');
    try {
      // A line that a crash or a full disk cut off must not run together with the next one.
      await handle.appendFile((await endsInLine(handle)) ? `\n${text}` : text);
    } finally {
      await handle.close();
    }
  }

  /** Returns whether there was anything to say. */
  #sayDropped(): boolean {
    if (this.#dropped === 0) return false;
    const content = `${this.#dropped} lines were dropped, because the disk took nothing.`;
    this.#dropped = 0;
    this.#push({ role: 'system', content });
    return true;
  }

  #fileOf(day: string): string {
    return path.join(this.#folder, `${day}.jsonl`);
  }

  #now(): string {
    return timestamp(this.#env.clock.wall());
  }
}

function dayOf(at: string): string {
  return at.slice(0, 10);
}

/** Whether the last line of a file is not finished. */
async function endsInLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== NEWLINE;
}
