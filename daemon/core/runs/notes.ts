import type { MessageRole } from '../../../shared/contract/index.js';
import { asSigilforgeError } from '../../../shared/errors.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import type { Env } from '../store/env.js';
import type { RunStore, StoredMessage } from '../store/runs.js';
import type { Transcripts } from './transcripts.js';

/** What comes within this time is stored together, in milliseconds. */
const GATHER_MS = 50;
/** So many characters are stored at once, without waiting for more. */
const GATHER_LENGTH = 256 * 1024;
/** If the disk takes nothing, no more characters than these wait for it. */
const MOST_WAITING = 8 * 1024 * 1024;

interface Collaborators {
  readonly store: RunStore;
  readonly transcripts: Transcripts;
  /** Called once messages of a run are stored. */
  readonly stored: (runId: string) => void;
}

/** What runs say, gathered for a moment and then stored together. */
export class Notes {
  readonly #env: Env;
  readonly #parts: Collaborators;
  #waiting: StoredMessage[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #dropped = new Map<string, number>();

  constructor(env: Env, parts: Collaborators) {
    this.#env = env;
    this.#parts = parts;
  }

  add(runId: string, role: MessageRole, content: string): void {
    if (this.#length > MOST_WAITING) {
      this.#dropped.set(runId, (this.#dropped.get(runId) ?? 0) + 1);
      return;
    }
    this.#push(runId, role, content);
    if (this.#length > GATHER_LENGTH) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
  }

  /** Stores what has come so far. Never throws: what the disk does not take waits for the next time. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  #push(runId: string, role: MessageRole, content: string): void {
    const createdAt = timestamp(this.#env.clock.wall());
    this.#waiting.push({ id: newId(), runId, role, content, createdAt });
    this.#length += content.length;
  }

  async #write(): Promise<void> {
    if ((await this.#writeWaiting()) && this.#sayDropped()) await this.#writeWaiting();
  }

  /** Returns whether nothing waits any more of what waited before. */
  async #writeWaiting(): Promise<boolean> {
    const { store, transcripts, stored } = this.#parts;
    const messages = this.#waiting.slice();
    if (messages.length === 0) return true;
    try {
      await this.#env.db.writeSoon(() => {
        // A run may have been removed meanwhile.
        for (const message of messages) if (store.find(message.runId)) store.addMessage(message);
      });
    } catch (thrown) {
      this.#env.log.warn('run.not_written', { kind: asSigilforgeError(thrown).kind });
      return false;
    }
    this.#waiting = this.#waiting.slice(messages.length);
    this.#length = this.#waiting.reduce((length, { content }) => length + content.length, 0);
    for (const [runId, own] of byRun(messages)) {
      void transcripts.add(
        runId,
        own.map(({ role, content, createdAt }) => ({ at: createdAt, role, content })),
      );
      stored(runId);
    }
    return true;
  }

  /** Returns whether there was anything to say. */
  #sayDropped(): boolean {
    const any = this.#dropped.size > 0;
    for (const [runId, count] of this.#dropped) {
      this.#dropped.delete(runId);
      this.#push(runId, 'system', `${count} lines were dropped, because the disk took nothing.`);
    }
    return any;
  }
}

function byRun(messages: readonly StoredMessage[]): Map<string, StoredMessage[]> {
  const runs = new Map<string, StoredMessage[]>();
  for (const message of messages) {
    const own = runs.get(message.runId);
    if (own) own.push(message);
    else runs.set(message.runId, [message]);
  }
  return runs;
}
