import fs, { type Stats } from 'node:fs';
import path from 'node:path';
import { assertNotPlanted } from '../../shared/ownership.js';
import { isOwnData } from './own-data.js';
import { blockDevice, failed, folder, ownData, socket, taken } from './refusals.js';

/** Where a file that a command was told to write ends up, once links are followed. */
export type Destination =
  /** An open descriptor of this process: `-`, `/dev/stdout`, `/dev/fd/3`. */
  | { readonly kind: 'descriptor'; readonly fd: number }
  /** Something that takes bytes and keeps no content: a named pipe, a terminal, `/dev/null`. */
  | { readonly kind: 'stream'; readonly path: string }
  /** A regular file, or none yet: `replaces` is the file that is there. */
  | { readonly kind: 'file'; readonly path: string; readonly replaces: Stats | undefined };

/** What stands for standard output. */
const STANDARD_OUTPUT: Destination = { kind: 'descriptor', fd: 1 };

/** After how many links the kernel gives up (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * What writing to `name` means, the same for every command; nothing is opened or changed. A link is followed, also one to a
 * file that does not exist yet. Throws what is wrong with the path as `invalid_params` (the vault itself, for one), and `unsafe_path` for what another
 * user has put into a folder that all may write to. With `exclusive`, a regular file that exists is `already_exists`.
 */
export function destinationOf(name: string, { exclusive = false } = {}): Destination {
  if (name === '-') return STANDARD_OUTPUT;
  const destination = followed(name);
  if (exclusive && destination.kind === 'file' && destination.replaces) throw taken(name);
  return destination;
}

function followed(name: string): Destination {
  try {
    return follow(name);
  } catch (thrown) {
    throw failed(name, thrown);
  }
}

/** Whether what is written appears on the standard output of this process. */
export function isStandardOutput(destination: Destination): boolean {
  return destination.kind === 'descriptor' && destination.fd === 1;
}

function follow(name: string): Destination {
  let next = name;
  for (let links = 0; links <= MAX_LINKS; links++) {
    if (next.endsWith('/')) throw folder(name);
    const place = path.join(folderOf(next), path.basename(next));
    const fd = descriptorAt(place);
    if (fd !== undefined) return { kind: 'descriptor', fd: opened(fd, name) };
    const stats = fs.lstatSync(place, { throwIfNoEntry: false });
    if (stats) assertNotPlanted(place, stats);
    if (!stats?.isSymbolicLink()) return judge(name, place, stats);
    // The text of a link to a pipe of another process, as in /proc, is not a path.
    if (PROCESS_FD.test(place) && !fs.statSync(place).isFile()) return judge(name, place, fs.statSync(place));
    const leadsTo = fs.readlinkSync(place);
    next = path.isAbsolute(leadsTo) ? leadsTo : `${path.dirname(place)}/${leadsTo}`;
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
}

/** The real path of a file's folder. Throws ENOENT for an empty path, too, as the system does. */
function folderOf(file: string): string {
  const real = fs.realpathSync.native(file === '' ? '' : path.dirname(file));
  if (fs.statSync(real).isDirectory()) return real;
  throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
}

const PROCESS_FD = /^\/proc\/(\d+)\/(?:task\/\d+\/)?fd\/(\d+)$/;
/** On macOS, `/dev/fd` is a folder of its own. */
const DEVICE_FD = /^\/dev\/fd\/(\d+)$/;

/** The descriptor of this process that a path stands for. Opening it again would begin at the start of a file. */
function descriptorAt(place: string): number | undefined {
  const [, pid, number] = PROCESS_FD.exec(place) ?? [];
  if (number !== undefined) return Number(pid) === process.pid ? Number(number) : undefined;
  const [, device] = DEVICE_FD.exec(place) ?? [];
  return device === undefined ? undefined : Number(device);
}

function opened(fd: number, name: string): number {
  if (fs.fstatSync(fd).isDirectory()) throw folder(name);
  return fd;
}

function judge(name: string, place: string, stats: Stats | undefined): Destination {
  if (isOwnData(place)) throw ownData(name);
  if (stats === undefined || stats.isFile()) return { kind: 'file', path: place, replaces: stats };
  if (stats.isDirectory()) throw folder(name);
  if (stats.isBlockDevice()) throw blockDevice(name);
  if (stats.isFIFO() || stats.isCharacterDevice()) return { kind: 'stream', path: place };
  throw socket(name);
}
