import type { Environment } from './paths.js';

/** A socket at which a bus may listen. An abstract name begins with a zero byte. */
interface BusSocket {
  readonly path: string;
  /** The id of the bus, if the address says which one it must be. */
  readonly guid: string | undefined;
}

/** Far more than a path takes: the address is written into a small file. */
const LENGTH_LIMIT = 1024;

/**
 * The D-Bus address by which a program with this environment finds the keychain of its session, as libdbus takes it: whether
 * a bus is there or not. `null` without a session, and on systems whose keychain is not on a bus.
 */
export function sessionBus(env: Environment = process.env): string | null {
  if (process.platform === 'darwin' || process.platform === 'win32') return null;
  const address = env['DBUS_SESSION_BUS_ADDRESS'] || busOfLogin(env['XDG_RUNTIME_DIR']);
  return address !== undefined && address.length <= LENGTH_LIMIT ? address : null;
}

function busOfLogin(runtime: string | undefined): string | undefined {
  return runtime ? `unix:path=${runtime.split('/').map(encodeURIComponent).join('/')}/bus` : undefined;
}

/**
 * The sockets that a D-Bus address names, in its order. Only those of this machine's own sockets. Node 20 fills abstract names
 * up with zero bytes, so it reaches no bus by one of those.
 */
export function busSockets(address: string): BusSocket[] {
  return address.split(';').flatMap((entry) => {
    const { path, abstract, guid } = valuesOf(entry);
    const name = path ?? (abstract && `\0${abstract}`);
    return name ? [{ path: name, guid }] : [];
  });
}

/** The keys and values of `unix:key=value,key=value`. */
function valuesOf(entry: string): Record<string, string | undefined> {
  if (!entry.startsWith('unix:')) return {};
  const pairs = entry.slice('unix:'.length).split(',');
  return Object.fromEntries(
    pairs.map((pair) => pair.split('=')).map(([key = '', value = '']) => [key, unescaped(value)]),
  );
}

function unescaped(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
