import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { nativeProgram } from '../../client/native/programs.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { StdioList } from './output/afterwards.js';
import type { Terminal } from './output/outlets.js';

/** A program, and what it gets. */
export interface Start {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdio: StdioList;
  /** What it is started by, if not by Node itself. */
  readonly launcher: Launcher | undefined;
  /** Passes on what the terminal of the program has shown so far. */
  passOn(): Promise<void>;
}

/** How `sigilforge-run` starts a program: see client/native/run/main.c. */
export interface Launcher {
  readonly file: string;
  /** The signals and limits that the program gets, `-` for those of Node. */
  readonly began: string;
  /** Its own descriptor, by which it reports. */
  readonly report: number;
  /** The terminal of the program, and the launcher's own descriptor for what it shows. */
  readonly terminal: (Terminal & { readonly out: number }) | undefined;
}

/** A process that is the program, becomes it, or stands before it. */
export interface Launched {
  readonly child: ChildProcess;
  /** Resolves with what was reported: an error number; with P before it, that of a pseudo-terminal. */
  readonly failed: Promise<string | undefined>;
}

/**
 * What starts a program with the signals and limits of this command's caller, and with a terminal of its own; `undefined`
 * if neither is wanted, or only the former and it is not there. `taken` are the descriptors of the program.
 */
export function launcherFor(
  began: string | undefined,
  terminal: Terminal | undefined,
  taken: Iterable<number>,
): Launcher | undefined {
  if (began === undefined && terminal === undefined) return undefined;
  const file = nativeProgram('sigilforge-run');
  if (file === undefined && terminal !== undefined) {
    throw noTerminal(`Sigilforge has no program for them on ${process.platform}-${process.arch}`);
  }
  const all = new Set(taken);
  const report = takeFree(all);
  return file === undefined
    ? undefined
    : { file, began: began ?? '-', report, terminal: terminal && { ...terminal, out: takeFree(all) } };
}

/** `why` is the end of a sentence. */
export function noTerminal(why: string): SigilforgeError {
  return new SigilforgeError('external', `There are no pseudo-terminals here: ${why}.`, {
    hint: 'Leave out --mask, or send the output to a file or a pipe.',
  });
}

export function launch({ command, env, stdio, launcher, passOn }: Start): Launched {
  const [program = '', ...args] = command;
  if (launcher === undefined) {
    return { child: spawn(program, args, { env, stdio }), failed: Promise.resolve(undefined) };
  }
  const { report, terminal } = launcher;
  const all: StdioList = [...stdio];
  all[report] = 'pipe';
  const filled = Array.from(all, (end) => end ?? 'ignore');
  const ways =
    terminal === undefined
      ? ['-', '-', '-']
      : [String(terminal.out), terminal.descriptors.join(), String(filled.length)];
  const child = spawn(launcher.file, [launcher.began, String(report), ...ways, ...command], {
    env,
    stdio: filled,
  });
  return { child, failed: reportOf(child, report, passOn) };
}

/** The lowest that is not taken, which is taken then. */
function takeFree(taken: Set<number>): number {
  let fd = 3;
  while (taken.has(fd)) fd += 1;
  taken.add(fd);
  return fd;
}

/** The launcher closes it when the program has started, or, with a terminal, when it has ended. */
async function reportOf(
  { stdio, pid }: ChildProcess,
  fd: number,
  passOn: () => Promise<void>,
): Promise<string | undefined> {
  const stream = stdio[fd];
  if (pid === undefined || !(stream instanceof Duplex)) return undefined;
  let text = '';
  stream.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    // It stops or ends the program only when all that was shown can be seen.
    if (chunk.includes('F')) void passOn().then(() => stream.write('F'));
  });
  await new Promise((resolve) => stream.once('error', resolve).once('close', resolve));
  return /^P?\d+$/m.exec(text)?.[0];
}
