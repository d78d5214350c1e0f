import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { withUsualCoreFiles } from '../../../../shared/core-files.js';
import { errnoOf } from '../../../../shared/errno.js';
import { SigilforgeError } from '../../../../shared/errors.js';
import { startOf } from '../../../../shared/process-stat.js';
import type { Program } from './runners.js';
import type { ProcessId } from './traces.js';

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Surroundings {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The program's descriptor `fd`, and the one of ours that it becomes. */
  readonly door: { readonly fd: number; readonly source: number };
}

/** The program of a run. */
export class RunProcess {
  /** Resolves when it has ended, which its children may outlive. */
  readonly exited: Promise<Exit>;
  /** Resolves when nothing can come any more from anyone who has its outputs. */
  readonly closed: Promise<void>;
  readonly id: ProcessId;
  readonly #child: ChildProcess;
  readonly #protocol: Program['protocol'];

  private constructor(child: ChildProcess, pid: number, protocol: Program['protocol']) {
    this.#child = child;
    this.#protocol = protocol;
    this.id = { pid, start: startOf(pid) ?? '' };
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    this.closed = new Promise((resolve) => child.once('close', () => resolve()));
    // A program need not read what it is sent.
    child.stdin?.on('error', () => {});
  }

  /** Starts it, with a session and a process group of its own. Throws `external`, which names no argument. */
  static async start(program: Program, { folder, environment, door }: Surroundings): Promise<RunProcess> {
    const stdio: NonNullable<Exclude<SpawnOptions['stdio'], string>> = ['pipe', 'pipe', 'pipe'];
    if (program.protocol === 3) stdio[3] = 'pipe';
    stdio[door.fd] = door.source;
    const options: SpawnOptions = {
      cwd: folder,
      env: environment,
      // A descriptor that is not listed stays closed.
      stdio: Array.from(stdio, (end) => end ?? 'ignore'),
      detached: process.platform !== 'win32',
      windowsHide: true,
    };
    try {
      const child = withUsualCoreFiles(() => spawn(program.file, [...program.args], options));
      const { pid } = child;
      if (pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
      child.on('error', () => {});
      return new RunProcess(child, pid, program.protocol);
    } catch (thrown) {
      throw notStarted(errnoOf(thrown) ?? 'unknown');
    }
  }

  /** What it says to us; its lines may also be output. */
  get protocol(): Readable {
    return this.#stream(this.#protocol);
  }

  /** What is only output. */
  get outputs(): Readable[] {
    return (this.#protocol === 1 ? [2] : [1, 2]).map((fd) => this.#stream(fd));
  }

  /** Gives it everything that it reads from standard input. */
  send(text: string): void {
    const input = this.#child.stdin;
    if (input instanceof Writable) input.end(text);
  }

  /** Gives it some of what it reads, and more may follow. */
  write(text: string): void {
    const input = this.#child.stdin;
    if (input instanceof Writable) input.write(text);
  }

  /** Reads no more, even if another process may still write. */
  giveUp(): void {
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  #stream(fd: number): Readable {
    const stream = this.#child.stdio[fd];
    if (stream instanceof Readable) return stream;
    throw new TypeError('A program was started without its outputs.');
  }
}

function notStarted(code: string): SigilforgeError {
  if (code === 'E2BIG') {
    return new SigilforgeError('external', 'Its environment is too large for a program.', {
      hint: 'Let it fetch large values through its door instead of naming them in env.',
    });
  }
  return new SigilforgeError('external', `Its program cannot be started (${code}).`, {
    hint: 'Check that its first line, if it is a script, names an interpreter that is installed.',
  });
}
