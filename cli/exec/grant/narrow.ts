import type { Socket } from 'node:net';
import { fromWire, isWireError, SigilforgeError } from '../../../shared/errors.js';
import { encodeLine, LineDecoder } from '../../../shared/framing.js';
import { isRecord, parseJson } from '../../../shared/json.js';
import type { Term } from '../../../shared/term.js';

/** How long the daemon may take to answer, in milliseconds. */
const LIMIT_MS = 10_000;

/**
 * Narrows a new connection to what it may use already and to `grants`, until `term` is over. Resolves with what it may use from
 * now on, and leaves the stream paused. Throws the daemon's error, or `daemon_unavailable`, and then the stream is ended.
 */
export async function narrow(
  stream: Socket,
  grants: readonly string[],
  term: Term | undefined,
): Promise<string[]> {
  const params = { grants, expires_in_s: term?.leftSeconds };
  try {
    stream.write(encodeLine({ jsonrpc: '2.0', id: 1, method: 'restrict', params }));
    return grantsIn(parseJson(await firstLine(stream)));
  } catch (thrown) {
    stream.destroy();
    throw thrown;
  }
}

function grantsIn(answer: unknown): string[] {
  const { error, result } = isRecord(answer) ? answer : {};
  if (isWireError(error)) throw fromWire(error);
  const left = isRecord(result) ? result['grants'] : undefined;
  if (Array.isArray(left)) return left.map(String);
  throw new SigilforgeError('incompatible', 'What listens on the socket does not narrow connections.');
}

function firstLine(stream: Socket): Promise<string> {
  const decoder = new LineDecoder();
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => stream.destroy(), LIMIT_MS).unref();
    const over = (): void => {
      clearTimeout(limit);
      reject(new SigilforgeError('daemon_unavailable', 'The daemon did not narrow a connection in time.'));
    };
    const read = (chunk: Buffer): void => {
      for (const line of decoder.push(chunk)) {
        clearTimeout(limit);
        stream.pause().off('data', read).off('close', over);
        resolve(line ?? '');
        return;
      }
    };
    stream.on('data', read).on('close', over);
  });
}
