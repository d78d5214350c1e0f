import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** A desktop session's D-Bus of its own in a folder of its own, with or without a keychain on it. */
export interface Session {
  /** Everything that a child process needs to be in this session. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** A session with GNOME Keyring as its Secret Service. */
export interface SecretService extends Session {
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Makes the collection that is kept only in memory the default one. */
  keepInMemory(): Promise<void>;
  /** Stops the keychain, so that nothing is answered until `resume`. */
  hang(): void;
  resume(): void;
  /** Ends the keychain and leaves the bus. */
  vanish(): Promise<void>;
  /** Starts the keychain again after `vanish`: unlocked, or as it comes. */
  appear(state: 'unlocked' | 'locked'): Promise<void>;
}

const PROGRAMS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool'];
const PASSWORD = 'a password for tests';

/** Whether this machine has the programs that a real Secret Service takes. */
export function secretServiceInstalled(): boolean {
  return areInstalled(PROGRAMS);
}

/** Whether it has what a session's bus takes. */
export function sessionBusInstalled(): boolean {
  return areInstalled(['dbus-daemon']);
}

function areInstalled(programs: readonly string[]): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return programs.every((program) => folders.some((folder) => isExecutable(join(folder, program))));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A session without any bus. */
export function startSessionWithoutBus(): Session {
  const { env, remove } = createHome();
  return { env, stop: async () => remove() };
}

/** A session whose bus knows no keychain. `abstract`: it listens at a name that is no file. */
export async function startSessionWithoutKeychain(policy = '', { abstract = false } = {}): Promise<Session> {
  const { home, env, remove } = createHome();
  const config = join(home, 'bus.conf');
  writeFileSync(config, busConfig(abstract ? `unix:abstract=${home}` : `unix:dir=${home}`, policy));
  const bus = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${config}`], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  env['DBUS_SESSION_BUS_ADDRESS'] = await firstLine(bus);
  return {
    env,
    async stop() {
      await kill(bus);
      remove();
    },
  };
}

/** A session with an unlocked GNOME Keyring. `policy` adds rules to the bus, to let it refuse. */
export async function startSecretService(policy = ''): Promise<SecretService> {
  const session = await startSessionWithoutKeychain(policy);
  let keyring = await startKeyring(session.env, 'unlocked');
  return {
    env: session.env,
    lock: () => lock(session.env),
    unlock: () => unlock(session.env),
    keepInMemory: () => setDefault(session.env, '/org/freedesktop/secrets/collection/session'),
    hang: () => void keyring.kill('SIGSTOP'),
    resume: () => void keyring.kill('SIGCONT'),
    vanish: () => kill(keyring),
    async appear(state) {
      keyring = await startKeyring(session.env, state);
    },
    async stop() {
      await kill(keyring);
      await session.stop();
    },
  };
}

function createHome() {
  const home = mkdtempSync(join(tmpdir(), 'session-'));
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: home,
    XDG_DATA_HOME: join(home, 'share'),
    XDG_RUNTIME_DIR: join(home, 'run'),
  };
  for (const folder of ['share', 'run']) mkdirSync(join(home, folder), { mode: 0o700 });
  return { home, env, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** A bus that starts no service by itself, so that only what a test starts is on it. */
function busConfig(address: string, policy: string): string {
  return `<busconfig><type>session</type><listen>${address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
${policy}</policy></busconfig>`;
}

async function startKeyring(env: NodeJS.ProcessEnv, state: 'unlocked' | 'locked'): Promise<ChildProcess> {
  const args = ['--foreground', '--components=secrets', ...(state === 'unlocked' ? ['--unlock'] : [])];
  const keyring = spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  keyring.stdin.end(PASSWORD);
  // It lets go of its standard output once it listens at its control socket, and answers there once its service runs.
  keyring.stdout.resume();
  await once(keyring.stdout, 'end');
  await control(env, 0, Buffer.alloc(0));
  return keyring;
}

/** Opens the login keyring by its password. */
async function unlock(env: NodeJS.ProcessEnv): Promise<void> {
  const password = Buffer.from(PASSWORD);
  const result = await control(env, 1, Buffer.concat([uint32(password.length), password]));
  if (result !== 0) throw new Error(`The keychain did not unlock: ${result}.`);
}

/**
 * Asks the keychain by its control socket, as a login does: one byte by which it sees whose process this is, then
 * length, operation and arguments.
 */
async function control(env: NodeJS.ProcessEnv, operation: number, body: Buffer): Promise<number> {
  const socket = connect(join(env['XDG_RUNTIME_DIR'] ?? '', 'keyring', 'control'));
  socket.write(Buffer.concat([Buffer.alloc(1), uint32(8 + body.length), uint32(operation), body]));
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part);
  return Buffer.concat(parts).readUInt32BE(4);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

async function lock(env: NodeJS.ProcessEnv): Promise<void> {
  const collection = 'array:objpath:/org/freedesktop/secrets/collection/login';
  const service = ['--dest=org.freedesktop.secrets', '/org/freedesktop/secrets'];
  const args = ['--session', '--print-reply', ...service, 'org.freedesktop.Secret.Service.Lock', collection];
  await promisify(execFile)('dbus-send', args, { env });
}

async function setDefault(env: NodeJS.ProcessEnv, collection: string): Promise<void> {
  const service = ['--dest=org.freedesktop.secrets', '/org/freedesktop/secrets'];
  const call = ['org.freedesktop.Secret.Service.SetAlias', 'string:default', `objpath:${collection}`];
  await promisify(execFile)('dbus-send', ['--session', '--print-reply', ...service, ...call], { env });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The program has no standard output.');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(`${child.spawnfile} ended before it was ready.`);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
