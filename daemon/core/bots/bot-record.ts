import type { MessageRole, RunInfo } from '../../../shared/contract/index.js';
import type { Ending, History } from '../runs/history.js';
import type { RunParts } from '../runs/run.js';
import type { DayTranscript } from './day-transcript.js';

type RunHistory = RunParts['history'];

/** Where one program of a bot is recorded: its row is among those of runs, and what it says is in the transcript of the day. */
export class BotRecord implements RunHistory {
  /** Resolves once its program is up. */
  readonly up: Promise<void>;
  readonly #history: Pick<History, 'begin' | 'started' | 'end' | 'redacting'>;
  readonly #transcript: DayTranscript;
  #setUp = (): void => {};
  #isUp = false;
  #ending: Ending | undefined;

  constructor(history: Pick<History, 'begin' | 'started' | 'end' | 'redacting'>, transcript: DayTranscript) {
    this.#history = history;
    this.#transcript = transcript;
    this.up = new Promise((resolve) => {
      this.#setUp = resolve;
    });
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** How it ended. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  begin(...beginning: Parameters<History['begin']>): Promise<RunInfo> {
    return this.#history.begin(...beginning);
  }

  async started(id: string, start: Parameters<History['started']>[1]): Promise<void> {
    await this.#history.started(id, start);
    this.#transcript.add({ run_id: id, ...start.configuration });
    this.#isUp = true;
    this.#setUp();
  }

  note(_id: string, role: MessageRole, content: string): void {
    this.#transcript.add({ role, content });
  }

  redacting(...redacted: Parameters<History['redacting']>): () => void {
    return this.#history.redacting(...redacted);
  }

  async end(id: string, ending: Ending): Promise<void> {
    const { status, error = null, exitCode = null } = ending;
    this.#ending = ending;
    this.#transcript.add({ run_id: id, status, error, exit_code: exitCode });
    await this.#transcript.flush();
    await this.#history.end(id, ending);
  }
}
