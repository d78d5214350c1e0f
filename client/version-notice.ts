import path from 'node:path';
import { resolvePaths } from '../shared/paths.js';
import { type Presence, readPresence } from '../shared/presence.js';
import { VERSION } from '../shared/version.js';

/**
 * A sentence if the daemon that answers on `socket` is of another version than this program, as after an upgrade. It is
 * read from what the daemon has written about itself, so that no call takes another request.
 */
export function versionNotice(socket: string): string | undefined {
  const presence = presenceIfAny();
  if (presence?.socket !== path.resolve(socket) || presence.version === VERSION) return undefined;
  return `The daemon that answers is version ${presence.version}, and this program is ${VERSION}. To run this version: sigilforge daemon restart`;
}

/** The daemon has answered, so that nothing that is wrong with its file matters. */
function presenceIfAny(): Presence | undefined {
  try {
    return readPresence(resolvePaths().presence);
  } catch {
    return undefined;
  }
}
