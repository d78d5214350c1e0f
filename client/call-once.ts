import { readFileSync } from 'node:fs';
import { fromWire, isWireError, SigilforgeError } from '../shared/errors.js';
import { resolvePaths } from '../shared/paths.js';
import { type LineSocket, openSocket } from './socket.js';

const TIMEOUT_MS = 120_000;

/**
 * One call over a connection of its own, for a program that is started for just that: it loads no schemas, so the
 * caller looks at the result itself. `undefined` where the whole client has to find out: no daemon is there, or
 * config.toml may name its socket. Throws the daemon's error.
 */
export async function callOnce(method: string, params: object): Promise<Record<string, unknown> | undefined> {
  const address = usualSocket();
  const socket = address === undefined ? undefined : await openSocket(address);
  return socket && resultOf(await answerTo(socket, { jsonrpc: '2.0', id: 1, method, params }));
}

function usualSocket(): string | undefined {
  const { socket, socketPinned, configFile } = resolvePaths();
  return socketPinned || !mentionsSocket(configFile) ? (socket ?? undefined) : undefined;
}

function mentionsSocket(configFile: string): boolean {
  try {
    return readFileSync(configFile, 'utf8').includes('socket');
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT');
  }
}

function answerTo(socket: LineSocket, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new SigilforgeError('timeout', 'The daemon did not answer in time.'));
      socket.destroy();
    }, TIMEOUT_MS);
    socket.listen({
      line: (text) => {
        resolve(parsed(text));
        socket.destroy();
      },
      closed: () => {
        clearTimeout(timer);
        reject(
          new SigilforgeError('daemon_unavailable', 'The connection to the daemon ended during the call.'),
        );
      },
    });
    socket.keepAlive(true);
    socket.send(request);
  });
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}

function resultOf(answer: unknown): Record<string, unknown> {
  const { error, result } = isRecord(answer) ? answer : {};
  if (isWireError(error)) throw fromWire(error);
  if (isRecord(result)) return result;
  throw new SigilforgeError('incompatible', 'What listens on the socket does not answer as a daemon.');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
