import { createRequire } from 'node:module';
import path from 'node:path';
import type BetterSqlite from 'better-sqlite3';
import { errnoOf } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { cureFor } from './binding-cure.js';

type Driver = typeof BetterSqlite;

/** One open connection, as better-sqlite3 has it. */
export type Connection = BetterSqlite.Database;

/** Where SQLite's driver is looked for, in this order. package.json says which version has which name. */
const PLACES = ['better-sqlite3', 'better-sqlite3-node20'];

const resolver = createRequire(import.meta.url);

interface Found {
  readonly name: string;
  readonly version: string;
  readonly driver: Driver;
}

let found: Found | undefined;

interface ConnectionOptions {
  /** Milliseconds that a call may block while another connection has the lock. */
  readonly timeout?: number;
  readonly readonly?: boolean;
}

/**
 * Opens a connection to a file, or to the bytes of one. Throws `incompatible` if no driver, or no binary of it, is installed
 * for this version of Node.
 */
export function openConnection(file: string | Buffer, options: ConnectionOptions): Connection {
  found ??= findDriver();
  const { driver: Driver } = found;
  try {
    return new Driver(file, options);
  } catch (thrown) {
    throw isBindingFault(thrown) ? brokenBinding(found, thrown) : thrown;
  }
}

/** Loads the driver. Throws as `openConnection` does. */
export function checkDriver(): void {
  openConnection(':memory:', {}).close();
}

/** SQLite's result code, such as `SQLITE_BUSY`; `undefined` for an error that did not come from SQLite. */
export function sqliteCode(thrown: unknown): string | undefined {
  return found && thrown instanceof found.driver.SqliteError ? thrown.code : undefined;
}

/**
 * The driver for this version of Node. Which one it is depends on its version, not on its name: version 13 ends a
 * process of Node 20 by a segmentation fault, and version 12 has binaries only for the Node that installed it.
 */
function findDriver(): Found {
  for (const name of PLACES) {
    const version = installedVersion(name);
    if (version !== undefined && fits(version)) return { name, version, driver: resolver(name) as Driver };
  }
  throw new SigilforgeError(
    'incompatible',
    `better-sqlite3 ${wantedMajor()}, which opens the vault's database, is not installed for ${runtime()}.`,
    { hint: cureFor('missing', wantedName()) },
  );
}

function installedVersion(name: string): string | undefined {
  try {
    const { version } = resolver(`${name}/package.json`) as { version: string };
    return version;
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw thrown;
  }
}

function fits(version: string): boolean {
  const major = Number.parseInt(version, 10);
  return isOldNode() ? major <= 12 : major >= 13;
}

function isOldNode(): boolean {
  return Number.parseInt(process.versions.node, 10) < 22;
}

function wantedMajor(): number {
  return isOldNode() ? 12 : 13;
}

function wantedName(): string {
  return isOldNode() ? 'better-sqlite3-node20' : 'better-sqlite3';
}

function isBindingFault(thrown: unknown): boolean {
  // Version 12 finds its binary by the package `bindings`, whose error has a list of the places it tried, and no code.
  return isNotFound(thrown) || errnoOf(thrown) === 'ERR_DLOPEN_FAILED' || hasTries(thrown);
}

function isNotFound(thrown: unknown): boolean {
  return ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(errnoOf(thrown) ?? '');
}

function hasTries(thrown: unknown): boolean {
  return thrown instanceof Error && 'tries' in thrown;
}

function brokenBinding({ name, version }: Found, cause: unknown): SigilforgeError {
  const folder = path.dirname(resolver.resolve(`${name}/package.json`));
  const what = `better-sqlite3 ${version}, which opens the vault's database,`;
  const builtFor = /NODE_MODULE_VERSION (\d+)/.exec(String(cause))?.[1];
  if (builtFor !== undefined) {
    const sentence = `${what} was built for another version of Node (ABI ${builtFor}), and this is ${runtime()}.`;
    return new SigilforgeError('incompatible', sentence, { hint: cureFor('unbuilt', name, folder), cause });
  }
  if (errnoOf(cause) === 'ERR_DLOPEN_FAILED') {
    const sentence = `${what} has a binary that does not load in ${runtime()}.`;
    return new SigilforgeError('incompatible', sentence, { hint: cureFor('unbuilt', name, folder), cause });
  }
  const sentence = `${what} was installed without its binary for ${runtime()}.`;
  return new SigilforgeError('incompatible', sentence, { hint: cureFor('unbuilt', name, folder), cause });
}

function runtime(): string {
  const { node, modules } = process.versions;
  return `Node ${node} (ABI ${modules}, ${process.platform}-${process.arch})`;
}
