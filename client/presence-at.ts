import path from 'node:path';
import { resolvePaths } from '../shared/paths.js';
import { type Presence, readPresence } from '../shared/presence.js';

/** What the daemon that has answered on `socket` has written about itself; nothing that is wrong with its file matters. */
export function presenceAt(socket: string): Presence | undefined {
  try {
    const presence = readPresence(resolvePaths().presence);
    return presence?.socket === path.resolve(socket) ? presence : undefined;
  } catch {
    return undefined;
  }
}
