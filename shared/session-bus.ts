import type { Environment } from './paths.js';

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
