import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { CapabilityName, MANIFEST_FILE } from '../../../shared/manifest.js';
import { withPathErrors } from '../../../shared/path-error.js';
import { untilInterrupted } from '../../terminal/interrupt.js';
import { assertFree, NewFolder } from './new-folder.js';
import { unpack } from './unpack.js';

/** A folder that was unpacked, whole. */
export interface Unpacked {
  readonly folder: string;
  /** Takes it away again. */
  remove(): void;
}

/**
 * Unpacks an archive into a new folder: `at`, or one of the capability's name in the current folder. Whatever it throws,
 * nothing is left of it: `already_exists`, what `unpack` throws, and `cancelled`.
 */
export async function unpackArchive(archive: string, at: string | undefined): Promise<Unpacked> {
  const wanted = at === undefined ? undefined : path.resolve(at);
  if (wanted !== undefined) assertFree(wanted);
  const made = new NewFolder(wanted === undefined ? process.cwd() : path.dirname(wanted));
  try {
    await untilStopped((signal) => unpack(archive, made.draft, signal));
    const folder = wanted ?? path.resolve(nameIn(made.draft));
    made.become(folder);
    return { folder, remove: () => made.remove() };
  } catch (thrown) {
    made.remove();
    throw thrown;
  }
}

/** Waits for the end of `work` also if a signal has come, so that nothing is written after that. */
async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const ended = work(stop.signal);
  try {
    await untilInterrupted(ended);
  } catch (thrown) {
    stop.abort();
    await ended.catch(() => undefined);
    throw thrown;
  }
}

const MOST_MANIFEST_BYTES = 256 * 1024;
const Named = v.object({ name: CapabilityName });

/** The rest of the manifest is checked where it is registered. */
function nameIn(folder: string): string {
  const file = path.join(folder, MANIFEST_FILE);
  const document = withPathErrors(file, () =>
    statSync(file).size > MOST_MANIFEST_BYTES ? undefined : parseJson(readFileSync(file, 'utf8')),
  );
  if (v.is(Named, document)) return document.name;
  throw new SigilforgeError('config', `The ${MANIFEST_FILE} of the archive has no name of a capability.`, {
    hint: 'A name has 1 to 64 letters (a to z), digits and . _ -, and begins with a letter or a digit.',
  });
}
