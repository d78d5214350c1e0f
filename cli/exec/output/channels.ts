import type { ChildProcess, StdioPipe } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** One end for the program, and one that this process gets once the program has started. */
export interface Channel<End> {
  /** The program's end, as an entry of `stdio` for `spawn`. */
  readonly stdio: number | StdioPipe;
  /** Returns this process's end, and closes the program's end here. */
  attach(child: ChildProcess, fd: number): End;
}

/** Where the output of a program comes from. */
export interface Source {
  readonly stream: Readable;
  /** Its descriptor, if what the stream has not read yet can be read there without waiting. */
  readonly fd?: number;
}

/**
 * A pipe out of the program. It is a named pipe, because Node itself makes a pair of sockets, and a program whose output
 * is a socket cannot open /dev/stdout. Without `pipe`, sockets are used.
 */
export function outOfProgram(pipe: string | undefined): Channel<Source> {
  if (pipe === undefined)
    return { stdio: 'pipe', attach: (child, fd) => ({ stream: readableOf(child, fd) }) };
  const ours = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const theirs = openSync(pipe, constants.O_WRONLY);
  return {
    stdio: theirs,
    attach() {
      closeSync(theirs);
      return { stream: new Socket({ fd: ours, readable: true, writable: false }), fd: ours };
    },
  };
}

function readableOf(child: ChildProcess, fd: number): Readable {
  const stream = child.stdio[fd];
  if (stream && 'read' in stream) return stream;
  throw new Error(`There is no pipe at descriptor ${fd}.`);
}
