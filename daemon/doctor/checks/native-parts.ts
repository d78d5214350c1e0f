import { createRequire } from 'node:module';
import { builtFile } from '../../../shared/built-file.js';
import { childOptions } from '../../../shared/child-options.js';
import { asSigilforgeError } from '../../../shared/errors.js';
import { checkDriver } from '../../core/store/binding.js';
import { cureFor } from '../../core/store/binding-cure.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import { run } from '../look/child.js';

/** A package with a native part, and what does not work without it. */
interface Part {
  readonly name: string;
  readonly lost: string;
  /** Whether Sigilforge does its work without it. */
  readonly optional?: true;
}

const PARTS: readonly Part[] = [
  { name: '@napi-rs/keyring', lost: 'the keychain cannot be used' },
  { name: '@node-rs/argon2', lost: 'passwords and passphrases cannot be used' },
  {
    name: 'koffi',
    lost: 'the daemon does not see which user connects, and cannot forbid core files of itself',
    optional: true,
  },
];

const LIMIT_MS = 10_000;

/** Loads packages as this one does, and says by an exit status that one of them could not be loaded. */
const LOAD = `
const { createRequire } = require('node:module');
const [base, ...names] = process.argv.slice(1);
const resolver = createRequire(base);
try { for (const name of names) resolver(name); } catch { process.exitCode = 3; }
`;

/** They are loaded in a process of their own: a library for another system may end the one that loads it. */
export const nativeParts: Check = {
  name: 'native parts',
  async run() {
    const names = PARTS.map(({ name }) => name);
    const found = [...driver(), ...((await load(...names)) === undefined ? [] : await faults())];
    return found.length > 0
      ? found
      : [ok(`All are there and load (${platform()}): better-sqlite3, ${names.join(', ')}.`)];
  },
};

/** Which of them it is. */
async function faults(): Promise<Finding[]> {
  const reasons = await Promise.all(PARTS.map(({ name }) => load(name)));
  return PARTS.flatMap((part, index) => {
    const why = reasons[index];
    return why === undefined ? [] : [lost(part, why)];
  });
}

/** SQLite's driver is chosen by the version of Node, and never one that would end it. */
function driver(): Finding[] {
  try {
    checkDriver();
    return [];
  } catch (thrown) {
    const { message, hint } = asSigilforgeError(thrown);
    return [broken(message, hint)];
  }
}

function lost({ name, lost, optional }: Part, why: string): Finding {
  const sentence = `${name} ${why}: ${lost}.`;
  const cure = cureFor('missing', name);
  return optional ? warning(sentence, cure) : broken(sentence, cure);
}

/** Why one of these packages cannot be loaded; `undefined` if all can. */
async function load(...names: string[]): Promise<string | undefined> {
  const base = builtFile('daemon.cjs');
  if (!names.every((name) => isInstalled(base, name))) return 'is not installed';
  const args = [...childOptions(), '-e', LOAD, base, ...names];
  const ended = await run([process.execPath, ...args], { limitMs: LIMIT_MS });
  if (ended === undefined) return 'does not finish to load';
  if (ended.code === 0) return undefined;
  const how = ended.signal === null ? '' : ` (it ends the process by ${ended.signal})`;
  return `has no binary that loads in this Node, for ${platform()}${how}`;
}

function isInstalled(base: string, name: string): boolean {
  try {
    createRequire(base).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Binaries are made for a platform, a processor and, on Linux, a C library. */
function platform(): string {
  const { platform, arch } = process;
  return platform === 'linux' ? `${platform}-${arch}-${libc()}` : `${platform}-${arch}`;
}

function libc(): string {
  const report: { header?: { glibcVersionRuntime?: string } } = process.report.getReport();
  return report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
