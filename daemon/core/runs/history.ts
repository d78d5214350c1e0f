import type {
  CheckedParamsOf,
  MessageRole,
  ResultOf,
  RunInfo,
  RunMessage,
  RunStatus,
} from '../../../shared/contract/index.js';
import type { Env } from '../store/env.js';
import type { RunEvents } from './events.js';

/** A run that begins. */
interface Beginning {
  /** `null` for one that runs elsewhere. */
  readonly capability: { readonly id: string; readonly name: string } | null;
  readonly task: string;
  readonly status: 'pending' | 'running';
}

/** How a run ended. */
export interface Ending {
  readonly status: Exclude<RunStatus, 'pending' | 'running'>;
  readonly error?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly response?: string | undefined;
}

/** A run whose daemon has died. */
interface LeftBehind {
  readonly id: string;
  readonly process: string | null;
}

interface Options {
  readonly events: RunEvents;
  readonly transcripts: string;
  readonly keepDays: number;
}

/** The record of runs: their rows, what they said, and a transcript of each. What comes here is redacted already. */
export class History {
  constructor(_env: Env, _options: Options) {}

  begin(_beginning: Beginning): Promise<RunInfo> {
    throw new Error('not built');
  }

  /** `configuration`: what the transcript begins with; `process`: what finds its processes after a daemon's death. */
  started(
    _id: string,
    _about: { readonly configuration: Readonly<Record<string, unknown>>; readonly process: string },
  ): Promise<void> {
    throw new Error('not built');
  }

  /** Keeps lines and messages soon; `flush` waits until they are stored. */
  note(_id: string, _role: MessageRole, _content: string): void {
    throw new Error('not built');
  }

  flush(_id: string): Promise<void> {
    throw new Error('not built');
  }

  /** Stores how it ended, unless it is over already. */
  end(_id: string, _ending: Ending): Promise<void> {
    throw new Error('not built');
  }

  /** Those that an earlier daemon left, which `end` is to be called for. */
  leftBehind(): LeftBehind[] {
    throw new Error('not built');
  }

  /** Throws `not_found`. */
  get(_id: string): ResultOf<'get_run'> {
    throw new Error('not built');
  }

  list(_query: CheckedParamsOf<'list_runs'>): ResultOf<'list_runs'> {
    throw new Error('not built');
  }

  messages(_query: CheckedParamsOf<'list_messages'>): ResultOf<'list_messages'> {
    throw new Error('not built');
  }

  /** Only to a run that is under way. */
  append(_params: CheckedParamsOf<'append_message'>): Promise<RunMessage> {
    throw new Error('not built');
  }

  /** Only of one that runs elsewhere. */
  finish(_params: CheckedParamsOf<'finish_run'>): Promise<RunInfo> {
    throw new Error('not built');
  }

  /** Removes what is older than the configuration says: rows, messages and transcripts. */
  trim(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
