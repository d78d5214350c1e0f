import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { nativeProgram } from '../../client/native/programs.js';
import type { StdioList } from './output/afterwards.js';

/** A program, and what it gets. */
export interface Start {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdio: StdioList;
  /** What it is started by, if not by Node itself. */
  readonly launcher: Launcher | undefined;
}

/** How `sigilforge-run` starts a program: see client/native/run/main.c. */
export interface Launcher {
  readonly file: string;
  /** The signals and limits that the program gets. */
  readonly began: string;
}

/** A process that is the program, or becomes it. */
export interface Launched {
  readonly child: ChildProcess;
  /** Resolves with the name of the error by which the program could not be started, `undefined` if it could. */
  readonly failed: Promise<string | undefined>;
}

/** What starts a program with what the caller of this command had; `undefined` if it is not known, or not there. */
export function launcherFor(began: string | undefined): Launcher | undefined {
  const file = began === undefined ? undefined : nativeProgram('sigilforge-run');
  return began === undefined || file === undefined ? undefined : { file, began };
}

export function launch({ command, env, stdio, launcher }: Start): Launched {
  const [program = '', ...args] = command;
  if (launcher === undefined) {
    return { child: spawn(program, args, { env, stdio }), failed: Promise.resolve(undefined) };
  }
  const report = freeDescriptor(stdio);
  const all = Array.from({ ...stdio, length: Math.max(stdio.length, report + 1) }, (end) => end ?? 'ignore');
  all[report] = 'pipe';
  const child = spawn(launcher.file, [launcher.began, String(report), ...command], { env, stdio: all });
  return { child, failed: reportOf(child, report) };
}

/** The lowest that the program does not have. */
function freeDescriptor(stdio: StdioList): number {
  let fd = 3;
  while ((stdio[fd] ?? 'ignore') !== 'ignore') fd += 1;
  return fd;
}

/** It ends when the program has started. */
async function reportOf({ stdio, pid }: ChildProcess, fd: number): Promise<string | undefined> {
  const stream = stdio[fd];
  if (pid === undefined || !(stream instanceof Duplex)) return undefined;
  let text = '';
  stream.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  await new Promise((resolve) => stream.once('error', resolve).once('close', resolve));
  return text === '' ? undefined : getSystemErrorName(-Number.parseInt(text, 10));
}
