import { readFileSync } from 'node:fs';
import { isErrno } from '../shared/errno.js';
import { fromWire, isWireError, SigilforgeError } from '../shared/errors.js';
import { isRecord, parseJson } from '../shared/json.js';
import { DEFAULT_TIMEOUT_MS } from '../shared/limits.js';
import { pinnedSocket, resolvePaths } from '../shared/paths.js';
import { lostConnection, notADaemon } from './connection-errors.js';
import { errorHere } from './other-session.js';
import { type LineSocket, openSocket } from './socket.js';

/**
 * One call over a connection of its own, for a program that is started only for that. It loads no schemas, so the
 * caller checks the result itself. `undefined` if the whole client must find out: no daemon is there, or config.toml may
 * name its socket. Throws the daemon's error.
 */
export async function callOnce(method: string, params: object): Promise<Record<string, unknown> | undefined> {
  const address = usualSocket();
  const socket = address === undefined ? undefined : await openSocket(address);
  if (address === undefined || socket === undefined) return undefined;
  try {
    return resultOf(await answerTo(socket, { jsonrpc: '2.0', id: 1, method, params }));
  } catch (thrown) {
    throw await errorHere(thrown, address);
  }
}

function usualSocket(): string | undefined {
  const pinned = pinnedSocket();
  if (pinned !== undefined) return pinned;
  const { socket, configFile } = resolvePaths();
  return mentionsSocket(configFile) ? undefined : (socket ?? undefined);
}

function mentionsSocket(configFile: string): boolean {
  try {
    return readFileSync(configFile, 'utf8').includes('socket');
  } catch (thrown) {
    return !isErrno(thrown, 'ENOENT');
  }
}

function answerTo(socket: LineSocket, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new SigilforgeError('timeout', 'The daemon did not answer in time.'));
      socket.destroy();
    }, DEFAULT_TIMEOUT_MS);
    socket.listen({
      line: (text) => {
        resolve(parseJson(text ?? ''));
        socket.destroy();
      },
      closed: () => {
        clearTimeout(timer);
        reject(lostConnection());
      },
    });
    socket.keepAlive(true);
    socket.send(request);
  });
}

function resultOf(answer: unknown): Record<string, unknown> {
  const { error, result } = isRecord(answer) ? answer : {};
  if (isWireError(error)) throw fromWire(error);
  if (isRecord(result)) return result;
  throw notADaemon();
}
