import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../../shared/errno.js';
import { LineDecoder } from '../../shared/framing.js';
import { rotatedLog } from '../../shared/log-file.js';

/** How often a log is looked at for more, in milliseconds. */
const STEP = 200;
const CHUNK = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * The last lines of a log, also of the part that was renamed last, and, with `follow`, those that come until `over`. If the
 * log is renamed, it is read to its end, and then the one that has taken its name from the beginning.
 */
export async function* fileLines(
  file: string,
  { lines, follow }: { readonly lines: number; readonly follow: boolean },
  over: AbortSignal,
): AsyncGenerator<string> {
  let log = await openIfAny(file);
  try {
    let at = (await log?.stat())?.size ?? 0;
    const last = log === undefined ? [] : await tail(log, at, lines);
    if (last.length < lines) yield* await tailOf(rotatedLog(file), lines - last.length);
    yield* last;
    let decoder = new LineDecoder();
    while (follow && !over.aborted) {
      // First, so that nothing can be added to a renamed log behind what is read then.
      const hasItsName = await isCurrent(log, file, at);
      const more = log === undefined ? Buffer.alloc(0) : await readAt(log, at, CHUNK);
      at += more.length;
      for (const line of decoder.push(more)) yield line ?? '';
      if (more.length > 0) continue;
      if (hasItsName) await sleep(STEP, undefined, { signal: over }).catch(() => {});
      else {
        await log?.close();
        [log, at, decoder] = [await openIfAny(file), 0, new LineDecoder()];
      }
    }
  } finally {
    await log?.close();
  }
}

async function tailOf(file: string, count: number): Promise<string[]> {
  const log = await openIfAny(file);
  try {
    return log === undefined ? [] : await tail(log, (await log.stat()).size, count);
  } finally {
    await log?.close();
  }
}

/** The last lines before `end`. It reads backwards, so that only what is asked for is held. */
async function tail(log: FileHandle, end: number, count: number): Promise<string[]> {
  const chunks: Buffer[] = [];
  let newlines = 0;
  for (let from = end; from > 0 && newlines <= count; ) {
    const length = Math.min(CHUNK, from);
    from -= length;
    const chunk = await readAt(log, from, length);
    newlines += chunk.filter((byte) => byte === NEWLINE).length;
    chunks.unshift(chunk);
  }
  const lines = Buffer.concat(chunks).toString().split('\n');
  return (lines.at(-1) === '' ? lines.slice(0, -1) : lines).slice(-count);
}

/** Whether a log has still its name, or no other one has it yet. */
async function isCurrent(log: FileHandle | undefined, file: string, at: number): Promise<boolean> {
  const named = await stat(file).catch(() => undefined);
  if (named === undefined) return true;
  const own = await log?.stat();
  return own !== undefined && own.ino === named.ino && own.dev === named.dev && named.size >= at;
}

async function readAt(log: FileHandle, from: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await log.read(Buffer.alloc(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}

async function openIfAny(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}
