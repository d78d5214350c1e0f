import net from 'node:net';
import { busSockets } from '../shared/session-bus.js';

/** How long a bus may take to say which one it is, in milliseconds. */
const LIMIT_MS = 1_000;

/** Far more than the line that a bus answers with. */
const ANSWER_LIMIT = 1024;

/**
 * The id of the bus that a D-Bus address leads to, the first of several that is there. `undefined` if none is, or another
 * one than the address says. Only buses of this machine's own sockets are asked.
 */
export async function busAt(address: string): Promise<string | undefined> {
  for (const { path, guid } of busSockets(address)) {
    const id = await idOf(path);
    if (id !== undefined) return guid === undefined || guid === id ? id : undefined;
  }
  return undefined;
}

/** What a bus says to the first line of each connection, before anything is asked of it (D-Bus specification, "OK"). */
async function idOf(socketPath: string): Promise<string | undefined> {
  const socket = new net.Socket();
  const limit = setTimeout(() => socket.destroy(), LIMIT_MS);
  try {
    socket.connect(socketPath);
    const user = Buffer.from(String(process.getuid?.())).toString('hex');
    socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
    let answer = '';
    for await (const part of socket) {
      answer += String(part);
      if (answer.includes('\r\n') || answer.length > ANSWER_LIMIT) break;
    }
    return /^OK ([0-9a-f]{32})\r\n/.exec(answer)?.[1];
  } catch {
    return undefined;
  } finally {
    clearTimeout(limit);
    socket.destroy();
  }
}
