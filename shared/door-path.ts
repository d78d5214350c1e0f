import path from 'node:path';
import { socketPathFits } from './paths.js';

/** The id of a door: 80 random bits. The path of its socket follows from it, so that it can be opened again at the same one. */
export const DOOR_ID = /^[a-z2-7]{16}$/;

/** The end of the name of the folder that the doors of a daemon are in, beside its own socket. */
const FOLDER_END = '.doors';

/** The beginning of the name of a folder for one door, and of a pipe. */
const OWN_NAME = 'sigilforge-door-';

/** The folder for the doors of a daemon that listens on `socket`. */
export function doorsFolder(socket: string): string {
  return path.join(path.dirname(socket), `${path.basename(socket, '.sock')}${FOLDER_END}`);
}

/**
 * The path of a door's socket, or the name of its pipe. If the platform cannot hold it beside the daemon's own `socket`, it
 * is in a folder of its own below `temp`.
 */
export function doorPath(
  id: string,
  { socket, temp }: { readonly socket: string; readonly temp: string },
): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${OWN_NAME}${id}`;
  const usual = path.join(doorsFolder(socket), id);
  return socketPathFits(usual) ? usual : path.join(temp, `${OWN_NAME}${id}`, 's');
}

/** Whether a socket's path, or the name of a pipe, is that of a door: what listens there never starts a daemon. */
export function isDoorPath(socket: string): boolean {
  const [name = '', folder = ''] = socket.split(/[\\/]/).reverse();
  return (folder.endsWith(FOLDER_END) && DOOR_ID.test(name)) || isOwnName(folder) || isOwnName(name);
}

/** Whether a name is that of the folder of one door, or of a pipe. */
export function isOwnName(name: string): boolean {
  return name.startsWith(OWN_NAME) && DOOR_ID.test(name.slice(OWN_NAME.length));
}
