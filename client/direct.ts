import type { SigilforgeEvent } from '../shared/contract/index.js';
import { SigilforgeError } from '../shared/errors.js';
import { pinnedDescriptor, pinnedSocket } from '../shared/paths.js';
import type { SigilforgeClient } from './api.js';
import { type Library, loadLibrary } from './load-library.js';
import { withReferences } from './references/with-references.js';

/**
 * The library in this process as a client. Throws `daemon_unavailable` if `SIGILFORGE_SOCKET` or `SIGILFORGE_FD` is set: a
 * program that is confined to a socket must not get around it.
 */
export async function openDirect(onNotice?: (sentence: string) => void): Promise<SigilforgeClient> {
  assertNotPinned();
  const listeners = new Set<(event: SigilforgeEvent) => void>();
  const onEvent = (event: SigilforgeEvent) => {
    for (const listener of listeners) listener(event);
  };
  const { createLocalApi } = await loadLibrary();
  const { close, ...library } = await createLocalApi({ onEvent, onNotice });
  return {
    ...withReferences(library),
    via: 'direct',
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Calls functions of the library that are not methods, because they only work in this process. */
export async function withLibrary<T>(use: (library: Library) => Promise<T>): Promise<T> {
  assertNotPinned();
  return use(await loadLibrary());
}

function assertNotPinned(): void {
  if (pinnedSocket() !== undefined) {
    throw new SigilforgeError(
      'daemon_unavailable',
      'SIGILFORGE_SOCKET is set, so only the daemon on that socket may be asked.',
      { hint: 'Unset SIGILFORGE_SOCKET if this program may read the whole vault.' },
    );
  }
  if (pinnedDescriptor() === undefined) return;
  throw new SigilforgeError(
    'daemon_unavailable',
    'SIGILFORGE_FD is set, so only the daemon over that descriptor may be asked.',
    { hint: 'Unset SIGILFORGE_FD if this program may read the whole vault.' },
  );
}
