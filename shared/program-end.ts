import { fstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import { isRecord } from './json.js';

/** One end of a stream, for a program that is started with it. */
export interface ProgramEnd {
  /** A descriptor of ours that blocks, as programs in simple languages expect. */
  readonly fd: number;
  /** What fstat(2) says about the file behind it, as `DEV:INO`. */
  readonly file: string;
  /** Closes ours, once the program has its own. */
  close(): void;
}

/** Makes a socket that is not read the end for a program. */
export function programEnd(socket: Socket): ProgramEnd {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!isRecord(handle) || typeof handle['fd'] !== 'number' || typeof handle['setBlocking'] !== 'function') {
    throw new TypeError('A socket has no descriptor.');
  }
  Reflect.apply(handle['setBlocking'], handle, [true]);
  const { fd } = handle;
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return { fd, file: `${dev}:${ino}`, close: () => socket.destroy() };
}
