import type { ChildProcess, StdioPipe } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** One end for the program, and one that this process gets once the program was started. */
export interface Channel<End> {
  /** What `spawn` is given for the program's end. */
  readonly stdio: number | StdioPipe;
  /** A descriptor of ours that the program would inherit besides. */
  readonly leaked?: number;
  /** This process's end; the program's is closed here. */
  attach(child: ChildProcess, fd: number): End;
}

/**
 * A pipe out of the program. It is a named one, because what Node makes by itself is a pair of sockets, and on a socket
 * a program cannot open /dev/stdout. Sockets do where `pipe` is undefined.
 */
export function outOfProgram(pipe: string | undefined): Channel<Readable> {
  if (pipe === undefined) return { stdio: 'pipe', attach: (child, fd) => readableOf(child, fd) };
  const ours = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const theirs = openSync(pipe, constants.O_WRONLY);
  return {
    stdio: theirs,
    attach() {
      closeSync(theirs);
      return new Socket({ fd: ours, readable: true, writable: false });
    },
  };
}

function readableOf(child: ChildProcess, fd: number): Readable {
  const stream = child.stdio[fd];
  if (stream && 'read' in stream) return stream;
  throw new Error(`There is no pipe at descriptor ${fd}.`);
}
