import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { StubDaemon } from './stub-daemon.js';

const program = fileURLToPath(new URL('../../dist/sigilforge.cjs', import.meta.url));

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** All of standard input; without it the input stays open. */
  readonly input?: string;
  /** Run on a pseudo-terminal: what it shows is all in `stdout`. */
  readonly terminal?: boolean;
}

export interface CliEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CliEnd>;
  /** Resolves once what it has shown on either stream matches. */
  shown(pattern: RegExp): Promise<string>;
}

/** Whether `script` of util-linux is here to make a pseudo-terminal. */
export const hasTerminals =
  process.platform === 'linux' && spawnSync('script', ['-qfec', 'true', '/dev/null']).status === 0;

/** Starts the built CLI against a stub daemon, with an environment of its own. */
export function startCli(daemon: StubDaemon, args: readonly string[], options: CliOptions = {}): RunningCli {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: daemon.home,
    TERM: 'xterm-256color',
    SIGILFORGE_HOME: daemon.home,
    SIGILFORGE_SOCKET: daemon.socket,
    ...options.env,
  };
  const [command, ...rest] = options.terminal ? onTerminal(args) : [process.execPath, program, ...args];
  const child = spawn(command ?? '', rest, { env, stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  if (options.input !== undefined) child.stdin.end(options.input);
  const ended = new Promise<CliEnd>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const shown = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(stdout + stderr)) resolve(stdout + stderr);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`It ended without ${pattern}: ${stdout}${stderr}`)));
      look();
    });
  return { child, ended, shown };
}

/** Runs the CLI to its end, with nothing on standard input unless there is an `input`. */
export function runCli(
  daemon: StubDaemon,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliEnd> {
  return startCli(daemon, args, { input: '', ...options }).ended;
}

function onTerminal(args: readonly string[]): string[] {
  const line = [process.execPath, program, ...args].map((one) => `'${one.replaceAll("'", "'\\''")}'`);
  return ['script', '-qfec', line.join(' '), '/dev/null'];
}
