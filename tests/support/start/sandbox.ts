import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endProcess } from './processes.js';
import { Running, type RunResult } from './running.js';

export interface RunOptions {
  /** All of its standard input; without it, `run` gives none. */
  readonly input?: string;
  /** Variables besides the sandbox's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it has a terminal (by `script` of util-linux). Output is then all in `stdout`. */
  readonly tty?: boolean;
  /** The folder that it begins in; the sandbox's home without it. */
  readonly cwd?: string;
}

/** A daemon that has said it is ready. */
export interface RunningDaemon {
  readonly pid: number;
  readonly socket: string;
  readonly child: ChildProcess;
  readonly exited: Promise<RunResult>;
  /** The line by which it said that it is ready. */
  readonly ready: string;
}

/** A home of its own for the programs under test, and all processes that were started in it. */
export interface Sandbox {
  readonly home: string;
  /** The whole environment of its child processes. */
  readonly env: NodeJS.ProcessEnv;
  /** Where a daemon of this home listens. */
  readonly socket: string;
  /** Runs `sigilforge` to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts `sigilforge`; standard input stays open, unless `input` is given. */
  start(args: readonly string[], options?: RunOptions): Running;
  /** Starts any other program in the same way. */
  spawn(command: readonly string[], options?: RunOptions): Running;
  /** Starts `sigilforged` in the foreground, and waits until it is ready. */
  startDaemon(env?: NodeJS.ProcessEnv): Promise<RunningDaemon>;
  /** Has a process ended by `stop()`: a child, or the id of one that started by itself. */
  track<P extends ChildProcess | number>(process: P): P;
  /** Has what this process holds open in the home closed by `stop()`, before the folder is removed. */
  holds<T extends { close(): Promise<void> }>(open: T): T;
  /** Closes and ends everything and removes the folder, which stays if `SIGILFORGE_TEST_KEEP` is set. */
  stop(): Promise<void>;
}

/** What child processes may know of this one: enough to run, and nothing of desktop, keychain or configuration. */
const KEPT = ['PATH', 'LANG', 'TERM', 'TMPDIR', 'USER', 'LOGNAME', 'SystemRoot'];

/** A user who is neither root nor known to this machine. Only root can become another user. */
export const OTHER_USER = 12_345;

export const isRoot = process.getuid?.() === 0;

export interface SandboxOptions {
  /** The user whose home it is, and who its programs run as; this one without it. */
  readonly user?: number;
}

/** Makes a folder (0700) of a short name, because the socket's path has to fit into 103 bytes. */
export async function createSandbox({ user }: SandboxOptions = {}): Promise<Sandbox> {
  const home = await mkdtemp(join(tmpdir(), 'sf-'));
  const identity = user === undefined ? {} : { uid: user, gid: user };
  if (user !== undefined) await chown(home, user, user);
  const env = { ...keptEnvironment(), HOME: home, SIGILFORGE_HOME: home };
  const socket = join(home, 'run', 'sigilforge.sock');
  const pids = new Set<number>();
  const held: { close(): Promise<void> }[] = [];

  function track<P extends ChildProcess | number>(process: P): P {
    const pid = typeof process === 'number' ? process : process.pid;
    if (pid !== undefined) pids.add(pid);
    if (pid !== undefined && typeof process !== 'number') process.once('exit', () => pids.delete(pid));
    return process;
  }

  function launch(command: readonly string[], options: RunOptions = {}): Running {
    const [program = '', ...args] = options.tty ? onTerminal(command) : command;
    const child = spawn(program, args, {
      ...identity,
      cwd: options.cwd ?? home,
      env: { ...env, ...options.env },
    });
    const running = new Running(track(child));
    if (options.input !== undefined) child.stdin.end(options.input);
    return running;
  }

  return {
    home,
    env,
    socket,
    track,
    holds(open) {
      held.push(open);
      return open;
    },
    spawn: launch,
    start: (args, options) => launch([...program('sigilforge'), ...args], options),
    run: (args, options = {}) =>
      launch([...program('sigilforge'), ...args], { input: '', ...options }).exited,
    async startDaemon(extra = {}) {
      const running = launch(program('sigilforged'), { input: '', env: extra });
      const [, ready = ''] = await running.seen(/^(.*)\n/, 'stdout');
      const { pid, child, exited } = running;
      return { pid, child, exited, ready, socket: extra['SIGILFORGE_SOCKET'] ?? socket };
    },
    async stop() {
      await Promise.all([...held.map((open) => open.close()), ...[...pids].map(endProcess)]);
      if (process.env['SIGILFORGE_TEST_KEEP']) process.stderr.write(`Kept: ${home}\n`);
      else await removeTree(home);
    },
  };
}

/** Also with folders in which nothing may be changed, as copies of capabilities have them: only root can remove those as they are. */
async function removeTree(folder: string): Promise<void> {
  if (!isRoot) await openFolders(folder);
  await rm(folder, { recursive: true, force: true });
}

async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await openFolders(join(folder, entry.name));
}

function keptEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(KEPT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** The built program, as it is shipped. */
export function program(name: string): string[] {
  return [process.execPath, fileURLToPath(new URL(`../../../dist/${name}.cjs`, import.meta.url))];
}

function onTerminal(command: readonly string[]): string[] {
  const quoted = command.map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(' ');
  // The terminal of `script` has no size of its own when there is none around it.
  const sized = `stty cols 100 rows 40 && exec ${quoted}`;
  return ['script', '--quiet', '--return', '--flush', '--command', sized, '/dev/null'];
}
