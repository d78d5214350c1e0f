import { isOlder, VERSION } from '../shared/version.js';
import { presenceAt } from './presence-at.js';

/**
 * A sentence if the daemon that answers on `socket` is of another version than this program, as after an upgrade. It is
 * read from what the daemon has written about itself, so that no call takes another request. `null`: by a descriptor.
 */
export function versionNotice(socket: string | null): string | undefined {
  const presence = socket === null ? undefined : presenceAt(socket);
  if (presence === undefined || presence.version === VERSION) return undefined;
  if (isOlder(VERSION, presence.version))
    return `The daemon that answers is version ${presence.version}, newer than this program (${VERSION}): update this program. To run version ${VERSION} all the same: sigilforge daemon restart`;
  return `The daemon that answers is version ${presence.version}, and this program is ${VERSION}. To run this version: sigilforge daemon restart`;
}
