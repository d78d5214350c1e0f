import type { Socket } from 'node:net';
import { LIMITS } from '../../../shared/config-limits.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { LineDecoder, MAX_CLIENT_LINE } from '../../../shared/framing.js';

/** How long a line may stay half written, in milliseconds: as for the daemon. Its process may have been ended. */
export const HALF_LINE_MS = LIMITS.half_line_s.usual * 1000;

const NEWLINE = 0x0a;

/** What is called with what programs write. */
interface Reader {
  /** A line that is not blank, `null` for one that is not UTF-8. */
  line(text: string | null): void;
  /** A line that was too long, or not finished in time. */
  refused(error: SigilforgeError): void;
}

/** Cuts what programs write into lines, each finished within `halfLineMs`. No line of one spoils the next line. */
export function readLines(stream: Socket, halfLineMs: number, reader: Reader): void {
  let decoder = new LineDecoder(MAX_CLIENT_LINE);
  /** Whether a line goes on that was refused. */
  let isSkipping = false;
  let limit: NodeJS.Timeout | undefined;

  const refuse = (error: SigilforgeError): void => {
    decoder = new LineDecoder(MAX_CLIENT_LINE);
    reader.refused(error);
  };
  const take = (part: Buffer): void => {
    const isWhole = part.at(-1) === NEWLINE;
    if (!isSkipping) {
      try {
        for (const line of decoder.push(part)) if (line?.trim() !== '') reader.line(line);
        return;
      } catch {
        refuse(tooLong());
      }
    }
    isSkipping = !isWhole;
  };
  stream.on('data', (chunk: Buffer) => {
    clearTimeout(limit);
    for (const part of partsOf(chunk)) take(part);
    if (decoder.pendingBytes > 0) limit = setTimeout(() => refuse(tooSlow()), halfLineMs).unref();
  });
  stream.on('close', () => clearTimeout(limit));
}

/** The bytes up to each newline and with it, and the rest. */
function* partsOf(chunk: Buffer): Generator<Buffer, void, undefined> {
  let start = 0;
  while (start < chunk.length) {
    const end = chunk.indexOf(NEWLINE, start) + 1 || chunk.length;
    yield chunk.subarray(start, end);
    start = end;
  }
}

function tooLong(): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `A line is longer than ${MAX_CLIENT_LINE} bytes.`);
}

function tooSlow(): SigilforgeError {
  return new SigilforgeError('timeout', 'A line was started and not finished in time.');
}
