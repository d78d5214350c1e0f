import { type ChildProcess, spawn } from 'node:child_process';
import { SigilforgeError } from '../../../shared/errors.js';
import { MAX_SECRET_BYTES } from '../../../shared/limits.js';
import { shuttingDown } from '../platform/shutting-down.js';

const HINT = 'Run it by hand to see what is wrong: vals get REFERENCE';

/**
 * What `vals get REF` prints, to the byte. It runs without a shell and without input, and no error quotes its output, which
 * may hold a value. Throws `external`; `cancelled` if `signal` ends it.
 */
export function runVals(ref: string, limitMs: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = start(ref);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', cancel);
    };
    const give = (error: SigilforgeError): void => {
      end();
      kill(child);
      child.stdout?.destroy();
      reject(error);
    };
    const cancel = (): void => give(shuttingDown());
    const limit = setTimeout(
      () => give(external(`vals did not answer within ${limitMs / 1000} seconds and was stopped.`)),
      limitMs,
    );
    signal.addEventListener('abort', cancel);
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_SECRET_BYTES) give(external(`vals answered with over ${MAX_SECRET_BYTES} bytes.`));
    });
    child.on('error', (error) => give(failedToStart(error)));
    child.on('close', (code, by) => {
      end();
      if (code === 0) resolve(Buffer.concat(chunks));
      else reject(external(`vals failed: it ended with ${by ?? `status ${code}`}.`));
    });
    if (signal.aborted) cancel();
  });
}

/** In its own process group, so that programs which it starts end with it. */
function start(ref: string): ChildProcess {
  return spawn('vals', ['get', ref], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

function failedToStart(error: NodeJS.ErrnoException): SigilforgeError {
  if (error.code === 'ENOENT') {
    return external(
      'The program vals is not installed, or not on the PATH.',
      'Install vals (github.com/helmfile/vals) where the daemon finds it, then: sigilforge daemon restart',
    );
  }
  return external(`The program vals cannot be started (${error.code ?? 'unknown'}).`);
}

function external(sentence: string, hint = HINT): SigilforgeError {
  return new SigilforgeError('external', sentence, { hint });
}
