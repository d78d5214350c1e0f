import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Core, CoreOptions } from '../../daemon/core/core.js';
import { type LogEvent, silentLogger } from '../../daemon/core/platform/log.js';
import type { CoreRunEvent } from '../../daemon/core/runs/events.js';
import { openTestCore } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { createClock, type TestClock } from '../support/time.js';

/** The record of runs in this process, without any run of a capability. */
export interface Records {
  readonly home: string;
  readonly core: Core;
  readonly history: Core['history'];
  readonly clock: TestClock;
  /** What was told of runs so far, the newest last. */
  readonly events: readonly CoreRunEvent[];
  /** What the log warned of so far. */
  readonly warnings: readonly LogEvent[];
  /** Begins a run that goes on elsewhere, and gives its id. */
  begin(task?: string): Promise<string>;
  /** The contents of what a run said so far. */
  said(id: string): string[];
}

/** Closed when the running test ends. */
export async function openRecords(options: Partial<CoreOptions> = {}): Promise<Records> {
  const { home } = await stopAfter(createSandbox());
  const clock = createClock();
  const warnings: LogEvent[] = [];
  const log = { ...silentLogger, warn: (event: LogEvent) => void warnings.push(event) };
  const core = await openTestCore(home, { clock, log, ...options });
  onTestFinished(() => core.close());
  await core.vault.unlocked();
  const { history } = core;
  const events: CoreRunEvent[] = [];
  core.runEvents.listen((event) => events.push(event));
  return {
    ...{ home, core, history, clock, events, warnings },
    begin: async (task = 'a task') => (await history.begin({ capability: null, task, status: 'running' })).id,
    said: (id) => history.messages({ run_id: id }).messages.map(({ content }) => content),
  };
}

export function transcriptsIn(home: string): string {
  return path.join(home, 'state', 'transcripts');
}

/** The lines of a run's transcript, oldest first. */
export function transcriptOf(home: string, id: string): unknown[] {
  const text = readFileSync(path.join(transcriptsIn(home), `${id}.jsonl`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The names of all transcripts, in the order of their runs. */
export function transcriptNames(home: string): string[] {
  return readdirSync(transcriptsIn(home)).sort();
}
