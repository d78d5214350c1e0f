import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';
import { errnoOf } from './errno.js';
import { SigilforgeError } from './errors.js';
import { variableTo } from './path-variables.js';

/** The part of `fs.Stats` that says who may access a file. */
interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Permission bits of the group and of all others. */
const OTHERS = 0o077;

/** Permission bits by which all others may write. */
const ALL_WRITE = 0o002;

/** Permission bits by which the group or all others may write. */
const OTHERS_WRITE = 0o020 | ALL_WRITE;

/** In a folder with this bit, a name is removed or replaced only by its owner and the folder's (inode(7)). */
const STICKY = 0o1000;

/** How Linux shows root and everyone else in a user namespace that holds only this user, as many sandboxes are. */
const OVERFLOW_UID = 65534;

/** Folders that are root's on every Linux: in such a sandbox, their names say what their owner cannot. */
const ROOTS_OWN = new Set(['/', '/home', '/run', '/run/user', '/tmp', '/var', '/var/tmp']);

/** After how many links the kernel gives up (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * Throws `unsafe_path`, with the command that fixes it, unless `path` belongs to this user and is closed to all others.
 * `stats` are of `lstat`, so that a link is seen as one. Windows has no modes: there, folders inherit the profile's list.
 */
export function assertPrivate(
  path: string,
  stats: Ownership,
  uid: number | undefined = process.getuid?.(),
): void {
  if (uid === undefined) return;
  assertOwn(path, stats, uid);
  assertClosed(path, stats);
}

/** The same for a file. Anything else that has its name, such as a pipe, could make a program wait for ever. */
export function assertPrivateFile(file: string, stats: Ownership): void {
  assertPrivate(file, stats);
  if (!stats.isFile()) throw mistaken(file, 'regular file');
}

/** The same for a folder. Anything else is said to be so first: closing it would not help. */
export function assertPrivateFolder(folder: string, stats: Ownership): void {
  const uid = process.getuid?.();
  if (uid !== undefined) assertOwn(folder, stats, uid);
  if (!stats.isDirectory()) throw mistaken(folder, 'folder');
  if (uid !== undefined) assertClosed(folder, stats);
}

function assertOwn(path: string, stats: Ownership, uid: number): void {
  if (stats.isSymbolicLink()) {
    throw unsafe(`${path} is a symbolic link.`, `Put the real folder or file there: rm ${quoted(path)}`);
  }
  if (stats.uid !== uid) throw foreign(path, stats.uid);
}

function assertClosed(path: string, stats: Ownership): void {
  if ((stats.mode & OTHERS) === 0) return;
  const mode = stats.isDirectory() ? '700' : '600';
  throw unsafe(`${path} is open to other users.`, `Close it: chmod ${mode} ${quoted(path)}`);
}

/**
 * Throws `unsafe_path` if other users than this one and root could put something else in the place of `target`: every
 * folder and link on the way to it is looked at, before it is entered, as OpenSSH does. What is at `target` is not.
 */
export function assertSafeAncestors(target: string, uid: number | undefined = process.getuid?.()): void {
  if (uid === undefined) return;
  assertTrusted(foldersTo(target), uid);
}

/**
 * The same for a file that is not secret and may be a link, but that Sigilforge obeys: others may change neither the file
 * nor the way to it.
 */
export function assertUnchangeable(file: string, uid: number | undefined = process.getuid?.()): void {
  if (uid === undefined) return;
  assertTrusted(placesTo(namesOf(file)), uid);
}

/** The same for what lies in a folder that was looked at already, by its own `stats` of `lstat`. */
export function assertOthersCannotChange(
  place: string,
  stats: Ownership,
  uid: number | undefined = process.getuid?.(),
): void {
  if (uid !== undefined) assertTrusted([{ path: place, stats }], uid);
}

/**
 * Throws `unsafe_path` for what another user than this one and root has put into another's folder that all may write
 * to, such as /tmp: what is written there would be theirs. Linux refuses to follow such links in the same cases (proc_sys_fs(5)).
 */
export function assertNotPlanted(
  file: string,
  stats: Ownership,
  uid: number | undefined = process.getuid?.(),
): void {
  if (uid === undefined || stats.uid === uid || stats.uid === 0) return;
  const folder = statsOf(path.dirname(file));
  if (folder === undefined || folder.uid === stats.uid) return;
  if ((folder.mode & STICKY) === 0 || (folder.mode & OTHERS_WRITE) === 0) return;
  throw unsafe(
    `${file} belongs to another user (uid ${stats.uid}), in a folder that all may write to.`,
    'Name a file in a folder of your own.',
  );
}

/** A folder, link or file by which a path leads. */
interface Place {
  readonly path: string;
  readonly stats: Ownership;
}

/** With umask 002 one open folder of the user's is often in another: one command closes them all. */
function assertTrusted(way: Iterable<Place>, uid: number): void {
  const open: Place[] = [];
  for (const place of way) {
    const { path, stats } = place;
    const isOwn = stats.uid === uid;
    if (!isOwn && open.length > 0) break;
    if (!isOwn && !isRoots(place)) throw foreign(path, stats.uid);
    if (!isOpen(stats)) continue;
    if (!isOwn) throw openOfRoots(place);
    open.push(place);
  }
  const [first] = open;
  if (first === undefined) return;
  const places = open.map(({ path }) => quoted(path)).join(' ');
  throw unsafe(
    `${first.path} may be changed by ${changersOf(first.stats)}.`,
    `Close it: chmod go-w ${places}`,
  );
}

function isRoots({ path, stats }: Place): boolean {
  return stats.uid === 0 || (stats.uid === OVERFLOW_UID && ROOTS_OWN.has(path));
}

/** Whether others may put something else there. A link has no modes: only its folder decides who may replace it. */
function isOpen(stats: Ownership): boolean {
  if (stats.isSymbolicLink() || (stats.mode & OTHERS_WRITE) === 0) return false;
  return !stats.isDirectory() || (stats.mode & STICKY) === 0;
}

/** The group may hold only this user, as on Debian, but others can be added to it. */
function changersOf({ mode, gid }: Ownership): string {
  return (mode & ALL_WRITE) === 0 ? `all members of its group (gid ${gid})` : 'other users';
}

/** A folder that is root's and open, such as a volume of a container, is open for a reason: it stays so with `+t`. */
function openOfRoots({ path, stats }: Place): SigilforgeError {
  const change = stats.isDirectory() ? '+t' : 'go-w';
  return unsafe(
    `${path} may be changed by ${changersOf(stats)}.`,
    `Name a folder elsewhere in SIGILFORGE_HOME, or as root: chmod ${change} ${quoted(path)}`,
  );
}

/** The folders and links on the way to `target`. Nothing can be below a file. */
function* foldersTo(target: string): Generator<Place> {
  for (const place of placesTo(namesOf(target).slice(0, -1))) {
    if (isEnd(place)) return;
    yield place;
  }
}

/** Whether no way leads on from there. */
function isEnd({ stats }: Place): boolean {
  return !stats.isDirectory() && !stats.isSymbolicLink();
}

/**
 * The places that the kernel passes by `names`, in its order. It ends at the first that is missing or cannot be looked at:
 * who may not change what came before cannot add it either, and using the path gives the better error.
 */
function* placesTo(names: readonly string[]): Generator<Place> {
  const ahead = [...names];
  let folder = '/';
  let links = 0;
  yield { path: folder, stats: lstatSync(folder) };
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    // Links are resolved on the way, so `..` means the folder above.
    const next = path.join(folder, name);
    const stats = statsOf(next);
    if (stats === undefined) return;
    if (isEnd({ path: next, stats }) && ahead.length > 0) return;
    yield { path: next, stats };
    if (!stats.isSymbolicLink()) {
      folder = next;
      continue;
    }
    if (++links > MAX_LINKS) return;
    const leadsTo = readlinkSync(next);
    if (path.isAbsolute(leadsTo)) folder = '/';
    ahead.unshift(...split(leadsTo));
  }
}

/** The names of a path from the root on. `path.resolve` would take `LINK/..` for the folder of the link. */
function namesOf(target: string): string[] {
  return split(path.isAbsolute(target) ? target : `${process.cwd()}/${target}`);
}

function split(target: string): string[] {
  return target.split('/').filter((name) => name !== '' && name !== '.');
}

function statsOf(file: string): Stats | undefined {
  try {
    return lstatSync(file);
  } catch (thrown) {
    if (errnoOf(thrown) !== undefined) return undefined;
    throw thrown;
  }
}

/** The hint never takes over what is another user's: it may be a folder of the system. */
function foreign(place: string, owner: number): SigilforgeError {
  if (owner === OVERFLOW_UID) {
    return unsafe(
      `${place} belongs to a user who is not known here (uid ${owner}), as in a sandbox.`,
      'Run outside of the sandbox, or name a folder of your own in SIGILFORGE_HOME.',
    );
  }
  return unsafe(`${place} belongs to another user (uid ${owner}).`, `Run as that user, ${insteadOf(place)}`);
}

function insteadOf(place: string): string {
  const named = variableTo(place);
  if (named === undefined) return 'or name a folder of your own in SIGILFORGE_HOME.';
  if (named !== 'HOME') return `or: unset ${named}`;
  // `su` and some `sudo` leave the variable of the user before.
  return 'take your own home (HOME leads there: sudo -H, su -), or name a folder of your own in SIGILFORGE_HOME.';
}

function mistaken(place: string, expected: string): SigilforgeError {
  const aside = `mv ${quoted(place)} ${quoted(`${place}.old`)}`;
  return unsafe(`${place} is not a ${expected}.`, `Move it away: ${aside}`);
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function unsafe(sentence: string, hint: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', sentence, { hint });
}
