import { errnoOf } from '../shared/errno.js';
import { SigilforgeError } from '../shared/errors.js';

/** The library that runs in this process, as its package exports it. */
export type Library = typeof import('sigilforge/daemon');
/** What was restored. */
export type Restored = Awaited<ReturnType<Library['restoreVault']>>;

/**
 * The one line that reaches into the daemon's code, which is a bundle of its own and is loaded only here. The bundler of
 * a user's program must not follow it, because the library has native packages: so no bundler sees the name.
 * Throws `daemon_unavailable` if the library is not installed beside the program.
 */
export async function loadLibrary(): Promise<Library> {
  const name = ['sigilforge', 'daemon'].join('/');
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  } catch (thrown) {
    throw isAbsent(thrown) ? noLibrary(thrown) : thrown;
  }
}

function isAbsent(thrown: unknown): boolean {
  const code = errnoOf(thrown);
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    thrown instanceof Error &&
    /'sigilforge(\/daemon)?'/.test(thrown.message)
  );
}

function noLibrary(cause: unknown): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'No daemon is running, and the package sigilforge, which could answer in its place, is not installed here.',
    { hint: 'Start the daemon with: sigilforge daemon start', cause },
  );
}
