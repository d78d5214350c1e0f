import { readFileSync } from 'node:fs';
import { isErrno } from '../shared/errno.js';
import { fromWire, isWireError, SigilforgeError } from '../shared/errors.js';
import { isRecord } from '../shared/json.js';
import { DEFAULT_TIMEOUT_MS } from '../shared/limits.js';
import { resolvePaths } from '../shared/paths.js';
import { type Address, pinnedAddress } from './address.js';
import { lostConnection, notADaemon } from './connection-errors.js';
import { openLines } from './open-lines.js';
import { errorHere } from './other-session.js';
import { isRepeatable } from './repeatable.js';
import type { Lines } from './socket.js';

/**
 * One call over a connection of its own, for a program that is started only for that. It loads no schemas, so the
 * caller checks the result itself. `undefined` if the whole client must find out: no daemon is there, it ended before it
 * answered a call that only reads, or config.toml may name its socket. Throws the daemon's error.
 */
export async function callOnce(method: string, params: object): Promise<Record<string, unknown> | undefined> {
  const address = usualAddress();
  const reached = address && (await openLines(address));
  if (reached === undefined) return undefined;
  try {
    const answer = await answerTo(reached.lines, { jsonrpc: '2.0', id: 1, method, params });
    if (answer === undefined && isRepeatable(method)) return undefined;
    if (answer === undefined) throw lostConnection();
    return resultOf(answer);
  } catch (thrown) {
    throw await errorHere(thrown, reached.socket);
  }
}

function usualAddress(): Address | undefined {
  const pinned = pinnedAddress();
  if (pinned !== undefined) return pinned;
  const { socket, configFile } = resolvePaths();
  return mentionsSocket(configFile) ? undefined : { socket, pinned: false };
}

function mentionsSocket(configFile: string): boolean {
  try {
    return readFileSync(configFile, 'utf8').includes('socket');
  } catch (thrown) {
    return !isErrno(thrown, 'ENOENT');
  }
}

/** `undefined` if the connection ends before. */
function answerTo(lines: Lines, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new SigilforgeError('timeout', 'The daemon did not answer in time.'));
      lines.destroy();
    }, DEFAULT_TIMEOUT_MS);
    lines.listen({
      message: (value) => {
        resolve(value ?? null);
        lines.destroy();
      },
      closed: () => {
        clearTimeout(timer);
        resolve(undefined);
      },
    });
    lines.keepAlive(true);
    lines.send(request);
  });
}

function resultOf(answer: unknown): Record<string, unknown> {
  const { error, result } = isRecord(answer) ? answer : {};
  if (isWireError(error)) throw fromWire(error);
  if (isRecord(result)) return result;
  throw notADaemon();
}
