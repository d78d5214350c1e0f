import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type Koffi from 'koffi';
import type { LibraryHandle } from 'koffi';

/** The process at the other end of a Unix socket when it connected. */
interface PeerCredentials {
  readonly uid: number;
  /** `null` if the system does not tell. */
  readonly pid: number | null;
}

/** What Node has no function for. */
export interface SystemCalls {
  /** Who connected a Unix socket (`SO_PEERCRED` of unix(7), `LOCAL_PEERCRED` of unix(4)); `undefined` if that fails. */
  peerOf(fd: number): PeerCredentials | undefined;
  /**
   * Forbids core files of this process and of those that it starts (`RLIMIT_CORE` of setrlimit(2)). On Linux also keeps
   * other processes of the same user, debuggers too, out of its memory (`PR_SET_DUMPABLE` of prctl(2)).
   */
  forbidDumps(): void;
  /**
   * Sends a datagram to a Unix socket at a path, or at an abstract name that begins with `@` here (unix(7)). Never waits.
   * Whether the system took it.
   */
  sendDatagram(address: string, text: string): boolean;
}

const resolver = createRequire(import.meta.url);

let loaded: SystemCalls | null | undefined;

/** `undefined` if koffi, an optional dependency, is not installed, and on other platforms. */
export function systemCalls(): SystemCalls | undefined {
  if (loaded === undefined) loaded = load() ?? null;
  return loaded ?? undefined;
}

function load(): SystemCalls | undefined {
  try {
    const koffi = resolver('koffi') as typeof Koffi;
    if (process.platform === 'linux') return linux(koffi);
    return process.platform === 'darwin' ? darwin(koffi) : undefined;
  } catch {
    return undefined;
  }
}

const RLIMIT_CORE = 4;
/** `struct rlimit`: what holds and what it may be raised to, eight bytes each. */
const RLIMIT_BYTES = 16;

function forbidCoreFiles(library: LibraryHandle): void {
  library.func('int setrlimit(int resource, const void *limit)')(RLIMIT_CORE, Buffer.alloc(RLIMIT_BYTES));
}

/** Reads an option of a socket, so many bytes (getsockopt(2)); `undefined` if that fails. */
type SocketOption = (fd: number, level: number, name: number, bytes: number) => Buffer | undefined;

function socketOptions(library: LibraryHandle): SocketOption {
  const getsockopt = library.func(
    'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
  );
  return (fd, level, name, bytes) => {
    const value = Buffer.alloc(bytes);
    return getsockopt(fd, level, name, value, [bytes]) === 0 ? value : undefined;
  };
}

type Send = SystemCalls['sendDatagram'];

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/** `struct sockaddr_un`: the family, two bytes, and a path that ends with a zero, or an abstract name that begins with one. */
function unixAddress(address: string): Buffer {
  const family = Buffer.alloc(2);
  endianness() === 'LE' ? family.writeUInt16LE(AF_UNIX) : family.writeUInt16BE(AF_UNIX);
  const isAbstract = address.startsWith('@');
  const name = isAbstract ? `\0${address.slice(1)}` : `${address}\0`;
  return Buffer.concat([family, Buffer.from(name)]);
}

function datagrams(library: LibraryHandle): Send {
  const socket = library.func('int socket(int domain, int type, int protocol)');
  const close = library.func('int close(int fd)');
  const sendto = library.func(
    'long sendto(int fd, const void *data, size_t length, int flags, const void *to, uint32_t toLength)',
  );
  return (address, text) => {
    const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const [data, to] = [Buffer.from(text), unixAddress(address)];
    const sent = sendto(fd, data, data.length, MSG_NOSIGNAL, to, to.length);
    close(fd);
    return Number(sent) === data.length;
  };
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** `struct ucred`: pid, uid and gid, four bytes each. */
const UCRED_BYTES = 12;
const PR_SET_DUMPABLE = 4;

function linux(koffi: typeof Koffi): SystemCalls {
  const library = koffi.load(null);
  const option = socketOptions(library);
  const prctl = library.func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)');
  return {
    peerOf(fd) {
      const value = option(fd, SOL_SOCKET, SO_PEERCRED, UCRED_BYTES);
      if (value === undefined) return undefined;
      const pid = value.readInt32LE(0);
      return { uid: value.readUInt32LE(4), pid: pid > 0 ? pid : null };
    },
    forbidDumps() {
      forbidCoreFiles(library);
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    },
    sendDatagram: datagrams(library),
  };
}

const SOL_LOCAL = 0;
const LOCAL_PEERCRED = 1;
const LOCAL_PEERPID = 2;
/** `struct xucred`: version, uid, number of groups, sixteen groups. */
const XUCRED_BYTES = 76;
const PID_BYTES = 4;

/** The project's tests do not run on macOS: this follows only its documentation. */
function darwin(koffi: typeof Koffi): SystemCalls {
  const library = koffi.load(null);
  const option = socketOptions(library);
  return {
    peerOf(fd) {
      const value = option(fd, SOL_LOCAL, LOCAL_PEERCRED, XUCRED_BYTES);
      const pid = option(fd, SOL_LOCAL, LOCAL_PEERPID, PID_BYTES);
      return value && { uid: value.readUInt32LE(4), pid: pid?.readInt32LE(0) ?? null };
    },
    forbidDumps: () => forbidCoreFiles(library),
    // Nothing there listens for datagrams.
    sendDatagram: () => false,
  };
}
