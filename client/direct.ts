import { type AccountEvent, type Api, camelCase, methodNames } from '../shared/contract/index.js';
import { SigilforgeError } from '../shared/errors.js';
import type { SigilforgeClient } from './index.js';
import { type Library, loadLibrary } from './load-library.js';
import { withReferences } from './references/with-references.js';

/** The library in this process as a client. Refused where `SIGILFORGE_SOCKET` is set: a program held to a socket stays there. */
export async function openDirect(onNotice?: (sentence: string) => void): Promise<SigilforgeClient> {
  assertNotPinned();
  const listeners = new Set<(event: AccountEvent) => void>();
  const onEvent = (event: AccountEvent) => {
    for (const listener of listeners) listener(event);
  };
  const library: Api & { close(): Promise<void> } = await own(async () => {
    const { createLocalApi } = await loadLibrary();
    return await createLocalApi({ onEvent, onNotice });
  });
  const calls = methodNames.map((method) => {
    const name = camelCase(method);
    const call: (params: never) => Promise<unknown> = library[name];
    return [name, (params: never) => own(() => call(params))];
  });
  const close = () => library.close();
  return {
    ...withReferences(Object.fromEntries(calls) as Api),
    via: 'direct',
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Runs what only works in this process, by functions of the library that are no methods. */
export async function withLibrary<T>(use: (library: Library) => Promise<T>): Promise<T> {
  assertNotPinned();
  return own(async () => use(await loadLibrary()));
}

function assertNotPinned(): void {
  if (!process.env['SIGILFORGE_SOCKET']) return;
  throw new SigilforgeError(
    'daemon_unavailable',
    'SIGILFORGE_SOCKET is set, so only the daemon behind it is asked.',
  );
}

/** Errors of the library's bundle are of its own class of the same name; callers are to meet the client's. */
async function own<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw isForeign(thrown)
      ? new SigilforgeError(thrown.kind, thrown.message, { hint: thrown.hint, cause: thrown.cause })
      : thrown;
  }
}

function isForeign(thrown: unknown): thrown is SigilforgeError {
  return thrown instanceof Error && thrown.name === 'SigilforgeError' && !(thrown instanceof SigilforgeError);
}
