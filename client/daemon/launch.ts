import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import * as v from 'valibot';
import { builtProgram } from '../../shared/built-program.js';
import { childOptions } from '../../shared/child-options.js';
import { daemonEnvironment } from '../../shared/daemon-environment.js';
import { fromWire, SigilforgeError } from '../../shared/errors.js';
import { LineDecoder } from '../../shared/framing.js';
import { parseJson } from '../../shared/json.js';
import { openLogFile } from '../../shared/log-file.js';
import { resolvePaths } from '../../shared/paths.js';
import { parse } from '../../shared/validate.js';
import { ErrorObject } from '../messages.js';
import { versionNotice } from '../version-notice.js';
import { runningDaemon } from './running.js';

const START_LIMIT = 30_000;

/** How much longer it may take if a daemon makes way for it: an exchange with a provider is never cut off. */
const REPLACE_LIMIT = 75_000;

/** The only line that the daemon writes on standard output: once it listens, or once it knows that it never will. */
const ReadyLine = v.variant('ready', [
  v.object({
    ready: v.literal(true),
    pid: v.number(),
    socket: v.string(),
    notices: v.optional(v.array(v.string()), []),
    replaced: v.optional(v.object({ pid: v.number(), version: v.string() })),
  }),
  v.object({ ready: v.literal(false), error: ErrorObject }),
]);

export interface LaunchOptions {
  /** Which running daemon makes way for it, without a lost request; by default one of an older version. */
  readonly replaces?: 'any' | 'older';
  /** The daemon's program, by default that of this package. */
  readonly program?: string;
  /** Milliseconds that it may take to be ready, by default 30,000, and more while another one makes way. */
  readonly timeout?: number;
}

/** A daemon that is ready. */
export interface StartedDaemon {
  readonly pid: number;
  readonly socket: string | null;
  /** Whether a daemon was running before, and goes on. */
  readonly alreadyRunning: boolean;
  /** The version of the daemon that made way for this one. */
  readonly replaced: string | undefined;
  /** Sentences that the user should read: about how the vault is kept, or about a daemon of another version. */
  readonly notices: readonly string[];
}

/**
 * Starts the daemon and resolves once it is ready. Throws the daemon's own error if it cannot start, `daemon_unavailable`
 * if it ends without an error, `timeout` if it takes too long, and `incompatible` if a daemon of another protocol runs that
 * is not older.
 */
export async function launchDaemon(options: LaunchOptions = {}): Promise<StartedDaemon> {
  const started = await startDaemon({ replaces: 'older', ...options });
  if (!(started instanceof SigilforgeError)) return started;
  const running = await runningDaemon();
  if (running === undefined) throw started;
  const notice = versionNotice(running.socket);
  const notices = notice === undefined ? [] : [notice];
  return { ...running, alreadyRunning: true, replaced: undefined, notices };
}

/**
 * Starts the daemon in place of the one that runs, if any, whose clients notice nothing. `undefined` if that one cannot make
 * way: it does not answer, is at another socket, or belongs to a service manager. Throws as `launchDaemon` does.
 */
export async function replaceDaemon(options: LaunchOptions = {}): Promise<StartedDaemon | undefined> {
  const started = await startDaemon({ replaces: 'any', ...options });
  return started instanceof SigilforgeError ? undefined : started;
}

/** Gives the error back that says that another daemon runs. */
async function startDaemon(options: LaunchOptions): Promise<StartedDaemon | SigilforgeError> {
  const { program = builtProgram('sigilforged.cjs'), timeout = START_LIMIT + REPLACE_LIMIT } = options;
  const { logFile } = resolvePaths();
  const args = [program, `--replace=${options.replaces}`];
  const line = await readyLine(spawnDaemon(args, logFile), timeout, logFile);
  if (line.ready) {
    const { pid, socket, notices, replaced } = line;
    return { pid, socket, alreadyRunning: false, replaced: replaced?.version, notices };
  }
  const error = fromWire(line.error);
  if (error.kind !== 'already_exists') throw error;
  return error;
}

function spawnDaemon(args: readonly string[], logFile: string): ChildProcess {
  const log = openLogFile(logFile);
  try {
    return spawn(process.execPath, [...childOptions(), ...args], {
      cwd: '/',
      detached: true,
      env: daemonEnvironment(),
      stdio: ['ignore', 'pipe', log],
    });
  } finally {
    closeSync(log);
  }
}

/** The ready line. Afterwards the child does not keep this process alive, even if this throws. */
async function readyLine(
  child: ChildProcess,
  timeout: number,
  logFile: string,
): Promise<v.InferOutput<typeof ReadyLine>> {
  const hint = `See the log: ${logFile}`;
  try {
    const line = await firstLine(child, timeout);
    if (line !== undefined) return parse(ReadyLine, parseJson(line), 'The ready line', 'daemon_unavailable');
  } catch (cause) {
    child.kill('SIGKILL');
    if (cause instanceof SigilforgeError) throw cause;
    throw new SigilforgeError('daemon_unavailable', 'The daemon did not start properly.', {
      hint,
      cause,
    });
  } finally {
    child.stdout?.destroy();
    child.unref();
  }
  throw new SigilforgeError('daemon_unavailable', 'The daemon ended before it was ready.', { hint });
}

/** The first line of the child's standard output, or `undefined` if it ends without one. */
function firstLine(child: ChildProcess, timeout: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const decoder = new LineDecoder();
    const timer = setTimeout(() => {
      reject(new SigilforgeError('timeout', 'The daemon was not ready in time, and was ended.'));
    }, timeout);
    child.stdout?.on('data', (chunk: Buffer) => {
      for (const line of decoder.push(chunk)) resolve(line ?? undefined);
    });
    child.once('error', reject);
    child.once('close', () => resolve(undefined));
    child.stdout?.once('close', () => clearTimeout(timer));
  });
}
