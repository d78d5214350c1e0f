import { once } from 'node:events';
import net from 'node:net';
import { type ProgramEnd, programEnd } from '../../shared/program-end.js';
import type { RunDoor } from '../core/runs/doors.js';

/** Beyond those that Node, if it is the program, marks as not for other programs. */
const PROGRAM_FD = 20;

/** The ways in to the door of a run: its path, and a descriptor that is connected already. */
export async function runDoorAt(
  socket: string,
  { narrow, close }: Pick<RunDoor, 'narrow' | 'close'>,
): Promise<RunDoor> {
  let end: ProgramEnd;
  try {
    end = await connectedEnd(socket);
  } catch (thrown) {
    close();
    throw thrown;
  }
  return {
    variables: { SIGILFORGE_SOCKET: socket, SIGILFORGE_FD: `${PROGRAM_FD}:${end.file}` },
    fd: PROGRAM_FD,
    source: end.fd,
    started: () => end.close(),
    narrow,
    close: () => {
      end.close();
      close();
    },
  };
}

/** The daemon's own connection to the door, which it hands on without reading from it. */
async function connectedEnd(socket: string): Promise<ProgramEnd> {
  const connection = net.connect(socket).pause();
  // The rejection of `once` is what the caller hears.
  connection.on('error', () => {});
  await once(connection, 'connect');
  return programEnd(connection);
}
